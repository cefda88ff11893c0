/** Public members of a class, which a fake may implement too. */
export type Public<T> = Pick<T, keyof T>;
