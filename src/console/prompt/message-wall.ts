import type { KeptFiles, MessageFile } from '#src/console/first-run/kept-files.ts';
import type { ConversationPrinter } from '#src/console/first-run/show.ts';
import type { SandboxButton, SandboxMessage } from '#src/console/sandbox-lines.ts';

/** Button that a person can press now. */
export type PressableButton = {
  readonly messageId: string;
  readonly customId: string;
  readonly label: string;
  readonly disabled: boolean;
  /** The only person who sees it. */
  readonly to?: string;
};

/** Messages remembered, and with them their buttons; the oldest is forgotten first. */
const messageLimit = 200;

/**
 * Draws the bot's messages, and gives each button a number that it keeps.
 *
 * A panel is a message to all with several lines and buttons; all below its first line is drawn as one. Edited under an
 * unchanged first line, a message is drawn anew only when its second changes, and then only that one.
 */
export class MessageWall {
  readonly #show: ConversationPrinter;
  readonly #botName: string;
  readonly #files: Pick<KeptFiles, 'keep'>;
  readonly #drawn = new Map<string, SandboxMessage>();
  readonly #numbers = new Map<string, number>();
  #lastNumber = 0;
  #changes = 0;

  constructor(show: ConversationPrinter, botName: string, files: Pick<KeptFiles, 'keep'>) {
    this.#show = show;
    this.#botName = botName;
    this.#files = files;
  }

  /** Counts everything that was posted, edited or deleted. */
  get changes(): number {
    return this.#changes;
  }

  handle(message: SandboxMessage): void {
    this.#changes++;
    const before = this.#drawn.get(message.messageId);
    this.#drawn.delete(message.messageId);
    if (message.change === 'deleted') return;
    this.#remember(message);
    if (before) this.#drawEdit(before, message);
    else this.#drawNew(message);
  }

  pressable(number: number): PressableButton | undefined {
    return this.#pressables().find(
      ({ messageId, customId }) => this.#numbers.get(`${messageId} ${customId}`) === number,
    );
  }

  /** The newest button of that name that all see. */
  labelled(name: string): PressableButton | undefined {
    return this.#pressables().findLast(
      ({ label, disabled, to }) => label === name && !disabled && to === undefined,
    );
  }

  #pressables(): readonly PressableButton[] {
    return [...this.#drawn.values()].flatMap(({ messageId, buttons, to }) =>
      buttons.flatMap(({ customId, label, disabled }) =>
        customId === undefined
          ? []
          : [{ messageId, customId, label, disabled, ...(to !== undefined && { to }) }],
      ),
    );
  }

  #drawNew(message: SandboxMessage): void {
    const seen = message.to === undefined ? '' : ` (only ${message.to} sees this)`;
    const [head = '', ...rest] = plain(message.text).split('\n');
    const lines = isPanel(message) ? [head, rest.join(' | ')] : [head, ...rest];
    this.#show.says(this.#botName, `${lines.join('\n')}${seen}`);
    this.#drawButtons(message);
    for (const file of message.files) void this.#keep(file);
  }

  /** Never throws. */
  async #keep(file: MessageFile): Promise<void> {
    try {
      this.#show.detail(`${file.name} kept as ${await this.#files.keep(file)}`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#show.detail(`${file.name} could not be kept: ${why}`);
    }
  }

  #drawEdit(before: SandboxMessage, message: SandboxMessage): void {
    const changed = changeOf(before.text, message);
    if (changed?.of === 'state') this.#show.detail(`panel: ${plain(changed.text)}`);
    else if (changed) this.#show.says(`${this.#botName} (edited)`, plain(changed.text));
    if (this.#buttonLine(before) !== this.#buttonLine(message)) this.#drawButtons(message);
  }

  #drawButtons(message: SandboxMessage): void {
    if (message.buttons.length > 0) this.#show.detail(this.#buttonLine(message));
  }

  #buttonLine({ messageId, buttons }: SandboxMessage): string {
    return buttons.map((button) => this.#numbered(messageId, button)).join('  ');
  }

  #numbered(messageId: string, { customId, label, disabled }: SandboxButton): string {
    if (disabled || customId === undefined) return `(${label})`;
    const key = `${messageId} ${customId}`;
    const number = this.#numbers.get(key) ?? ++this.#lastNumber;
    this.#numbers.set(key, number);
    return `[${number}] ${label}`;
  }

  #remember(message: SandboxMessage): void {
    this.#drawn.set(message.messageId, message);
    const [oldest] = this.#drawn.keys();
    if (oldest === undefined || this.#drawn.size <= messageLimit) return;
    this.#drawn.delete(oldest);
    for (const key of this.#numbers.keys()) {
      if (key.startsWith(`${oldest} `)) this.#numbers.delete(key);
    }
  }
}

function isPanel({ to, buttons, text }: SandboxMessage): boolean {
  return to === undefined && buttons.length > 0 && text.includes('\n');
}

type Change = { readonly of: 'state' | 'text'; readonly text: string };

/** Change that an edit made and that is worth printing, if there is one. */
function changeOf(before: string, now: SandboxMessage): Change | undefined {
  const { text } = now;
  if (before === text) return undefined;
  if (now.buttons.length === 0) return { of: 'text', text: newLines(before, text) };
  const [[head, state], [sameHead, newState]] = [before.split('\n'), text.split('\n')];
  if (state === undefined || newState === undefined || head !== sameHead)
    return { of: 'text', text };
  if (state === newState) return undefined;
  return { of: isPanel(now) ? 'state' : 'text', text: newState };
}

/** Lines that were added to or changed in a message that grows by lines; the whole text where there are none. */
function newLines(before: string, text: string): string {
  const known = before.split('\n');
  const added = text.split('\n').filter((line) => !known.includes(line));
  return added.length > 0 ? added.join('\n') : text;
}

/** Text as Discord shows it: `\*` as `*`, ids by their names. The bot mentions only people whom it has to ask. */
function plain(text: string): string {
  return text
    .replace(/<@!?\d+>/g, '@newcomer')
    .replace(/<(\/[a-z ]{1,65}):\d+>/g, '$1')
    .replace(/https:\/\/discord\.com\/channels(?:\/\d+)+/g, '(link)')
    .replace(/\\([!-/:-@[-`{-~])/g, '$1');
}
