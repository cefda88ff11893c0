/** A class whose constructor takes anything. */
export type Class<One extends object> = abstract new (...parts: never) => One;

/** The public members of a class, for callers that a fake may serve as well. */
export type Public<T> = Pick<T, keyof T>;
