const programIdPrefix = 'token:';

/** Id of the program with the token of this name; no id of a person begins like it. */
export function toProgramId(tokenName: string): string {
  return `${programIdPrefix}${tokenName}`;
}

export function isProgram(id: string): boolean {
  return id.startsWith(programIdPrefix);
}
