import { clearScreenDown, cursorTo, type Interface, moveCursor } from 'node:readline';
import type { Terminal } from '#src/console/first-run/show.ts';

type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** A terminal that keeps the typed line below all printed lines. */
export class Screen implements Terminal {
  readonly #output: Output;
  #prompt: Interface | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  get isTTY(): boolean {
    return this.#output.isTTY === true;
  }

  /** Prints above `prompt` from now on; undefined ends that. */
  keep(prompt: Interface | undefined): void {
    this.#prompt = prompt;
  }

  write(text: string): void {
    const prompt = this.#prompt;
    if (!prompt) {
      this.#output.write(text);
      return;
    }
    const { rows } = prompt.getCursorPos();
    moveCursor(this.#output, 0, -rows);
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
    // The prompt goes up by as many rows as it took before it draws itself again.
    this.#output.write(text + '\n'.repeat(rows));
    prompt.prompt(true);
  }
}
