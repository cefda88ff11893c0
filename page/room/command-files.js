/** @import { OptionValues } from './command-line.js' */

/** Size limit of a file that the sandbox takes; Discord's limit for every user. */
const maxFileBytes = 10 * 1024 * 1024;

/** Files for options of commands: left at the sandbox, and called by their names on the line. */
export class CommandFiles {
  /** Ids by name. @type {Map<string, string>} */
  #ids = new Map();
  #messageOf;

  /** @param {(refused: Response) => Promise<string>} readRefusal the sentence of a refused request */
  constructor(readRefusal) {
    this.#messageOf = readRefusal;
  }

  /**
   * @param {File} file
   * @returns {Promise<string | undefined>} the sentence that says why not
   */
  async uploadFile(file) {
    if (file.size > maxFileBytes) return `${file.name} is too big: at most 10 MiB.`;
    const url = `/room/files?name=${encodeURIComponent(file.name)}`;
    const headers = { 'content-type': file.type || 'application/octet-stream' };
    try {
      const response = await fetch(url, { method: 'POST', headers, body: file });
      if (!response.ok) return await this.#messageOf(response);
      const { id } = await response.json();
      this.#ids.set(file.name, id);
      return undefined;
    } catch {
      return `${file.name} could not be sent to the sandbox.`;
    }
  }

  /**
   * @param {OptionValues} options
   * @returns {OptionValues}
   */
  replaceNames(options) {
    return Object.fromEntries(
      Object.entries(options).map(([name, value]) => [
        name,
        typeof value === 'object' ? { file: this.#ids.get(value.file) ?? '' } : value,
      ]),
    );
  }
}
