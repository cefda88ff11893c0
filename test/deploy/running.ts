import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Mailbox } from '#src/base/loops/mailbox.ts';

type LogLine = { readonly msg: string; readonly level: number; readonly alert?: string };

const reportMs = 30_000;
const farewellMs = 15_000;

/** A process that writes a log of pino's to its standard output. */
export class Running implements AsyncDisposable {
  /** All that was read so far. */
  readonly lines: LogLine[] = [];
  readonly #child: ChildProcess;
  readonly #unread = new Mailbox<LogLine>(1000);
  readonly #gone: Promise<unknown>;
  #complaints = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#gone = once(child, 'exit');
    child.stderr?.on('data', (chunk) => {
      this.#complaints += chunk;
    });
    void this.#read();
  }

  /** Resolves at the next line that begins with `words`. Errors: when the process ends first, or after 30 s. */
  async reports(words: string): Promise<void> {
    for await (const line of this.#unread.read(AbortSignal.timeout(reportMs))) {
      if (line.msg.startsWith(words)) return;
    }
    throw new Error(`It ended and never told "${words}". ${this.#complaints}`);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Standard error output so far. */
  get complaints(): string {
    return this.#complaints;
  }

  /** From now on nobody reads its log. */
  ignore(): void {
    this.#child.stdout?.destroy();
  }

  send(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The exit code; a process that does not end is killed. */
  async ended(): Promise<number | null> {
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), farewellMs);
    await this.#gone;
    clearTimeout(kill);
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.ended();
  }

  async #read(): Promise<void> {
    if (!this.#child.stdout) return;
    for await (const text of createInterface({ input: this.#child.stdout })) {
      const line: LogLine = JSON.parse(text);
      this.lines.push(line);
      this.#unread.put(line);
    }
    this.#unread.end();
  }
}
