import { type Config, readConfig } from '#src/config/config.ts';
import type { EnvChanges, EnvFile } from './env-file.ts';
import { SetupEnd } from './setup-questions.ts';

/** Changes of settings that setup has noted and not written yet. */
export class SettingEdits {
  readonly file: EnvFile;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #changes = new Map<string, string>();

  /** Creates edits without a change. The environment wins over the file. */
  constructor(file: EnvFile, environment: NodeJS.ProcessEnv) {
    this.file = file;
    this.#environment = environment;
  }

  /** Values by name that differ from the file. An empty value removes a setting. */
  get changes(): EnvChanges {
    return this.#changes;
  }

  /** Tests whether the file has a token, so that an earlier setup has ended. */
  get isSetUp(): boolean {
    return (this.file.values.DISCORD_TOKEN ?? '') !== '';
  }

  /** Tests whether a chat or Realtime server is set in the file. */
  get hasModel(): boolean {
    const names = [
      'CHAT_BACKEND',
      'CHAT_MODEL_FILE',
      'CHAT_COMPLETION_BASE_URL',
      'OPENAI_API_KEY',
      'REALTIME_BASE_URL',
    ];
    return names.some((name) => this.file.values[name]);
  }

  /** Returns a value. A change wins, then the environment, then `.env`. Empty means not set. */
  getValue(name: string): string {
    return (
      this.#changes.get(name) ?? this.#environment[name] ?? this.file.values[name] ?? ''
    );
  }

  /** Folder of the bot's data. */
  get dataDir(): string {
    return this.getValue('DATA_DIR') || './data';
  }

  /** Returns a value of the environment alone. Empty means not set. */
  getEnvironmentValue(name: string): string {
    return this.#environment[name] ?? '';
  }

  /** Notes a change, unless `.env` has this value. */
  set(name: string, value: string): void {
    if ((this.file.values[name] ?? '') === value) this.#changes.delete(name);
    else this.#changes.set(name, value);
  }

  /** Reads the settings with all changes. Throws `SetupEnd` if they cannot work. */
  readConfig(): Config {
    const changes = Object.fromEntries(this.#changes);
    const read = readConfig({ ...this.file.values, ...this.#environment, ...changes });
    if (read.kind === 'ok') return read.config;
    throw new SetupEnd(78, [...read.mistakes, 'Nothing was written.'].join('\n'));
  }
}
