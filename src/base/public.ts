/** The public members of a class, for callers that a fake may serve as well. */
export type Public<T> = Pick<T, keyof T>;
