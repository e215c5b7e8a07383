/** What is refused when a methodology is published, revised or applied. */
export const methodologyMessages = {
  UNIT_UNKNOWN: {
    en: 'In {formula}: "{unit}" is not a unit that is known here.',
    zh: "{formula} 中的“{unit}”不是已知单位。",
  },
  FORMULA_INVALID: {
    en: "The formula {formula} cannot be used: {detail}.",
    zh: "公式 {formula} 无法使用：{detail}。",
  },
  FORMULA_UNITS: {
    en: "The units of the formula {formula} do not fit: {detail}.",
    zh: "公式 {formula} 的单位不一致：{detail}。",
  },
  FACTOR_KIND: {
    en: "{formula} counts generated electricity with {factor}, an average of the grid; averages are for consumption only.",
    zh: "{formula} 以电网平均因子 {factor} 核算发电量；平均因子只能用于用电。",
  },
  METHODOLOGY_DRAFT: {
    en: "The methodology is a draft and quantifies nothing; missing: {missing}.",
    zh: "该方法学为草案，不作核算；缺少：{missing}。",
  },
  METHODOLOGY_NOT_IN_FORCE: {
    en: "A methodology of status {status} cannot be put in force; only official and published ones can.",
    zh: "状态为 {status} 的方法学不能启用；只有官方（official）和已公布（published）的可以。",
  },
  METHODOLOGY_SUPERSEDED: {
    en: "This version may be used until {day} only; {code} version {version} has superseded it.",
    zh: "本版本只能使用至 {day}，已由 {code} 第 {version} 版替代。",
  },
  FACTOR_NOT_STATED: {
    en: 'The table "{factor}" states no value for {key}; none is interpolated.',
    zh: "表“{factor}”没有 {key} 的数值，不作插值。",
  },
  FORMULA_DIVIDES_BY_ZERO: {
    en: "With these values the formula {formula} divides by zero.",
    zh: "按这些数值，公式 {formula} 除以零。",
  },
  ACTIVITY_EXCLUDED: {
    en: 'The methodology excludes this activity by its rule "{rule}".',
    zh: "方法学按规则“{rule}”排除了该行为。",
  },
  QUANTITY_TOO_LARGE: {
    en: 'The quantity "{field}" is larger than the methodology believes of one activity.',
    zh: "数量“{field}”超过方法学对单次行为设定的上限。",
  },
  CHOICE_UNKNOWN: {
    en: '"{value}" is not one of the values that {field} may have.',
    zh: "“{value}”不是 {field} 的可选值。",
  },
  LIST_LENGTH: {
    en: '"{field}" has {count} elements; {least} to {most} are wanted.',
    zh: "“{field}”有 {count} 项，应为 {least} 至 {most} 项。",
  },
  EXCLUSIONS_INVALID: {
    en: "The table of exclusions does not have the described form: {detail}.",
    zh: "互斥规则表不符合规定格式：{detail}。",
  },
} as const;
