/** What is refused when a period's reports are reviewed, appealed and compared with somebody else's figures. */
export const reviewMessages = {
  REVIEW_RULES_INVALID: {
    en: "The rules of review do not have the described form: {detail}.",
    zh: "复核规则不符合规定格式：{detail}。",
  },
  FINDINGS_OPEN: {
    en: "{count} findings about reports of this period wait for a decision; decide them, or close and leave these reports out.",
    zh: "本周期有 {count} 条待复核事项尚未处理；请先处理，或选择关账时不计入相关上报。",
  },
  FINDING_DECIDED: {
    en: "A finding of this report was decided already; only an upheld appeal changes it.",
    zh: "该上报的复核事项已作处理；只有申诉成立才能变更。",
  },
  APPEAL_TOO_LATE: {
    en: "An appeal had to be filed by {day}.",
    zh: "申诉须于 {day} 前提出。",
  },
  APPEAL_EXISTS: {
    en: "This refusal was appealed already.",
    zh: "该项已提出过申诉。",
  },
  APPEAL_DECIDED: {
    en: "The appeal was decided already.",
    zh: "该申诉已有决定。",
  },
  APPEAL_OWN_DECISION: {
    en: "Whoever refused it does not decide the appeal.",
    zh: "作出原处理的一方不得决定申诉。",
  },
  INDEPENDENT_FIGURE_MISSING: {
    en: "The programme's rules ask for an independent figure of this source and period before a request; none was filed.",
    zh: "规则要求在申请前提供该项目本周期的独立数据，尚未提交。",
  },
  INDEPENDENT_FIGURE_DIFFERS: {
    en: 'The reports come to {actual} of "{measure}", the independent figure is {figure}; more than {permille} thousandths apart.',
    zh: "上报的“{measure}”合计为 {actual}，独立数据为 {figure}，相差超过千分之 {permille}。",
  },
  MEASURE_UNKNOWN: {
    en: 'A measure is "activities", "milligrams" or "behaviour.quantity"; "{measure}" is none.',
    zh: "指标应为 activities、milligrams 或“行为.监测量”；“{measure}”不是。",
  },
  CORRECTION_ONLY_REDUCES: {
    en: "The period of the corrected report is closed; from then on a correction may only take away. It has {had} mg, the correction says {wanted} mg.",
    zh: "被更正的上报所在周期已关账，此后更正只能调减：原为 {had} 毫克，更正为 {wanted} 毫克。",
  },
  CORRECTION_UNKNOWN: {
    en: "No credited report of yours has the order number that is corrected.",
    zh: "贵平台没有被更正订单号对应的已计入上报。",
  },
} as const;
