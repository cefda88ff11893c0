const prefix = 'token:';

/** Id of the program with the token of this name; no id of a person begins like it. */
export function programIdOf(tokenName: string): string {
  return `${prefix}${tokenName}`;
}

export function isProgram(id: string): boolean {
  return id.startsWith(prefix);
}
