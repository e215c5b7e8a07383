/** The question cannot be answered: wrong usage, files that are not there, a node that does not answer. */
export class Unusable extends Error {
  override name = "Unusable";
}
