import { MessageFlags } from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { withDeadline } from '#src/discord/library/deadline.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import type { Panels } from '#src/discord/panel/panels.ts';
import type { Button, Replies, Reply } from '#src/features/contract/command.ts';
import type { Form } from '#src/ports/form.ts';
import type { PanelPlace } from '#src/ports/panel.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { InteractionAnswer, MessageEdit } from './answering.ts';
import { type Languages, type MessageBody, messagesOf, messageWith } from './rendering.ts';

/** Use of a command or a button. */
export type Invocation = {
  /** Name for logs, say `privacy status` or `press stop`. */
  readonly name: string;
  readonly guildId: string;
  readonly languages: Languages;
  /** Audience of "thinking" while a slow answer is awaited. */
  readonly shownTo: 'room' | 'caller';
  /** It changes the message that it came from, so nothing shows as thinking. */
  readonly inPlace?: true;
  /** Stands in place of "thinking". */
  meanwhile?(): TextLine | undefined;
  /** Longest time, in ms, that it may take; a minute where it is not given. */
  readonly longestMs?: number;
  /** It is begun once Discord shows it as thinking. */
  readonly thinksFirst?: true;
  /** A form that is opened in place of running it. */
  form?(): Promise<Form | undefined>;
  run(): Promise<Replies>;
};

export type InteractionRunnerOptions = {
  readonly buttons: ReadonlyMap<string, Button>;
  /** Content with its names of commands as links. Left out: they stay names. */
  readonly linked?: (content: string) => string;
  readonly panels: Pick<Panels, 'dressed' | 'put'>;
  readonly timing: SyncTiming;
  readonly report: (event: DiscordEvent) => void;
};

/** Discord gives 3 s for the first answer; what takes longer than this shows as thinking. */
const deferMs = 250;
/** Longest time, in ms, of what does not say how long it may take; then the caller is told so. */
const usualLongestMs = 60_000;
/** Longest time, in ms, that a form is waited for: it can only be the first answer. */
const formMs = 1_500;
/** Interactions remembered, so that one delivered twice is answered once. */
const maxSeen = 1_000;

const never = new AbortController().signal;

/** Runs commands and sends their replies; no failure of a command or of Discord throws. */
export class InteractionRunner {
  readonly #options: InteractionRunnerOptions;
  readonly #seen = new Set<string>();

  constructor(options: InteractionRunnerOptions) {
    this.#options = options;
  }

  /** Second deliveries are ignored. */
  async answer(asked: InteractionAnswer, invocation: Invocation): Promise<void> {
    if (!this.#isFirst(asked.id)) return;
    if (invocation.form && (await this.#opensForm(asked, invocation))) return;
    const { timing, report } = this.#options;
    const { name } = invocation;
    const shownTo = waitingPlace(invocation);
    const startMs = timing.nowMs();
    let deferring: Promise<boolean> | undefined;
    const defer = () => {
      deferring ??= succeeded(think(asked, invocation));
    };
    const forget = timing.later(deferMs, defer);
    if (invocation.thinksFirst) {
      defer();
      await deferring;
    }
    const sayings = await this.#sayings(invocation);
    forget();
    try {
      const deferred = (await deferring) ?? false;
      await this.#say(asked, sayings, deferred ? shownTo : undefined, invocation.guildId);
      report({ kind: 'command', name, tookMs: timing.nowMs() - startMs });
    } catch (error) {
      report({ kind: 'command-failed', name, code: 'discord.unreachable', error });
    }
  }

  /** Never throws: without a form it runs, which tells why. */
  async #opensForm(asked: InteractionAnswer, invocation: Invocation): Promise<boolean> {
    const { timing, report } = this.#options;
    const { name } = invocation;
    const startMs = timing.nowMs();
    try {
      const late = () => new Error(`The form of ${name} took longer than ${formMs / 1000} s.`);
      const find = async () => await invocation.form?.();
      const form = await withDeadline(find, { ms: formMs, timing, late }, never);
      if (!form) return false;
      await asked.openForm(form);
      report({ kind: 'command', name, tookMs: timing.nowMs() - startMs });
      return true;
    } catch (error) {
      report({ kind: 'command-failed', name, code: 'internal', error });
      return false;
    }
  }

  async #sayings(invocation: Invocation): Promise<Sayings> {
    try {
      return this.#rendered(await this.#inTime(invocation), invocation);
    } catch (error) {
      const code = error instanceof BotError ? error.code : 'internal';
      this.#options.report({ kind: 'command-failed', name: invocation.name, code, error });
      return this.#rendered([{ id: 'generic', with: { code }, to: 'caller' }], invocation);
    }
  }

  async #inTime(invocation: Invocation): Promise<Replies> {
    const { timing } = this.#options;
    const { name, longestMs: ms = usualLongestMs } = invocation;
    const late = () => new Error(`${name} took longer than ${ms / 1000} s.`);
    return await withDeadline(() => invocation.run(), { ms, timing, late }, never);
  }

  #rendered([first, ...rest]: Replies, { guildId, languages }: Invocation): Sayings {
    const { panels, buttons, linked = (content) => content } = this.#options;
    const each = (reply: Reply): Sayings => {
      const [plain, ...more] = messagesOf(reply, languages, buttons);
      const message = reply.linksCommands ? { ...plain, content: linked(plain.content) } : plain;
      const following = more.map((one) => ({ message: one }));
      const { inPlace } = reply;
      if (!reply.panel || reply.to !== 'room') return [{ message, inPlace }, ...following];
      return [{ message: panels.dressed(guildId, reply), head: reply }, ...following];
    };
    const [opening, ...more] = each(first);
    return [opening, ...more, ...rest.flatMap(each)];
  }

  /** "Thinking" cannot turn from public to private or back: then it is taken away first. */
  async #say(
    asked: InteractionAnswer,
    [first, ...rest]: Sayings,
    deferredTo: WaitingPlace | undefined,
    guildId: string,
  ): Promise<void> {
    const to = first.message.flags === undefined ? 'room' : 'caller';
    const isThinking = deferredTo === 'room' || deferredTo === 'caller';
    if (isThinking && deferredTo !== to) await asked.deleteReply();
    this.#posted(first, await this.#first(asked, first, deferredTo, to), guildId);
    for (const saying of rest) this.#posted(saying, await asked.followUp(saying.message), guildId);
  }

  async #first(
    asked: InteractionAnswer,
    { inPlace, message }: RenderedReply,
    deferredTo: WaitingPlace | undefined,
    to: Invocation['shownTo'],
  ): Promise<PanelPlace | undefined> {
    if (deferredTo === undefined)
      return await (inPlace ? asked.update(withoutFlags(message)) : asked.reply(message));
    const edits = deferredTo === 'in place' ? inPlace : deferredTo === to;
    return await (edits ? asked.editReply(withoutFlags(message)) : asked.followUp(message));
  }

  #posted({ head, message }: RenderedReply, place: PanelPlace | undefined, guildId: string): void {
    if (head !== undefined && place) this.#options.panels.put(guildId, place, head, message);
  }

  #isFirst(id: string): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    const [oldest] = this.#seen;
    if (oldest !== undefined && this.#seen.size > maxSeen) this.#seen.delete(oldest);
    return true;
  }
}

/** `head`: this message becomes the panel, under that sentence. */
type RenderedReply = {
  readonly message: MessageBody;
  readonly head?: TextLine;
  readonly inPlace?: true;
};
/** Where a slow answer is awaited. */
type WaitingPlace = Invocation['shownTo'] | 'in place';

function waitingPlace({ inPlace, shownTo }: Invocation): WaitingPlace {
  return inPlace ? 'in place' : shownTo;
}

type Sayings = readonly [RenderedReply, ...RenderedReply[]];

async function think(asked: InteractionAnswer, invocation: Invocation): Promise<unknown> {
  const { inPlace, shownTo, languages, meanwhile } = invocation;
  if (inPlace) return await asked.deferUpdate();
  const how = shownTo === 'caller' ? ({ flags: MessageFlags.Ephemeral } as const) : {};
  const line = meanwhile?.();
  if (!line) return await asked.deferReply(how);
  return await asked.reply({ ...messageWith([line], languages[shownTo]), ...how });
}

/** An edit cannot say who sees a message. */
function withoutFlags({ flags: _, ...message }: MessageBody): MessageEdit {
  return message;
}

async function succeeded(attempt: Promise<unknown>): Promise<boolean> {
  try {
    await attempt;
    return true;
  } catch {
    return false;
  }
}
