import { differs, missing, ok } from '#doctor/finding.ts';
import { span } from '#doctor/seat-line.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { AccountRest } from '#src/discord/account/account-rest.ts';
import { readSeat } from '#src/discord/account/guild-rights.ts';
import {
  codeOf,
  type LiveTrial,
  type OpenedLink,
  type WriteResult,
} from '#src/discord/account/live-trial.ts';
import type { NeededRight } from '#src/discord/account/rights.ts';
import { rightNames } from '#src/discord/account/rights.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { isRemoval, linkTrouble } from './link-trouble.ts';
import type { LiveFinding, LiveLog } from './live-log.ts';
import type { LivePlace } from './live-place.ts';

type Channel = Parameters<LiveTrial['join']>[0];

/** One check that is under way. */
export type LiveCheck = {
  readonly trial: LiveTrial;
  readonly place: Channel;
  readonly found: LivePlace;
  readonly log: LiveLog;
  /** Everything that was reported since the login. */
  readonly events: readonly DiscordEvent[];
  readonly clock: Clock;
  readonly silenceMs: number;
  readonly signal: AbortSignal;
  readonly lacksToWrite: readonly NeededRight[];
};

const status = 'check https://discordstatus.com, and try again in some minutes';
const noLink = 'not tried: no voice link is open';
/** Longest time, in ms, after which Discord shows that the bot has left, and the interval of asking. */
const [leftMs, askMs] = [5_000, 500];

/** Runs all steps, each of which adds its findings. Throws `signal.reason`. */
export async function runSteps(live: LiveCheck): Promise<void> {
  const obstacle = obstacleIn(live);
  if (obstacle) return live.log.add(obstacle);
  const opened = await join(live, 'join', live.place);
  if (opened) live.log.add(...linkFindings(opened), ...restrictions(live));
  note(live, opened);
  await gatewayResume(live);
  await voiceResume(live);
  await panel(live);
  await silence(live);
  if (isWanted(live)) await reconnect(live);
  if (isWanted(live)) await move(live);
}

/** Leaves, deletes the messages, and reads whether anything is left behind; also after Ctrl+C. */
export async function finish(
  { trial, place, log, clock }: LiveCheck,
  rest: AccountRest,
): Promise<void> {
  const [posted, startMs] = [trial.messagesLeft, clock.nowMs()];
  await trial.leave();
  const seat = await readFreedSeat(rest, place, clock);
  log.add({ ...leaveFindings[seat], tookMs: clock.nowMs() - startMs });
  const deleted = await trial.deleteMessages();
  const left = trial.messagesLeft;
  if (left === 0) {
    log.add(
      ok(
        'left behind',
        posted === 0 ? 'nothing' : `nothing: the bot deleted its ${posted} messages`,
      ),
    );
    return;
  }
  const why = `the bot could not delete ${left} of its ${posted} messages`;
  const mend = 'delete them by hand in the chat of the channel';
  log.add({ ...missing('left behind', why, mend), ...coded(deleted) });
}

const leaveFindings = {
  free: ok('leave', 'Discord shows the bot in no channel'),
  taken: missing(
    'leave',
    'Discord still shows the bot in the channel',
    'disconnect it by hand, or wait a minute: then Discord removes it',
  ),
  unknown: differs(
    'leave',
    'Discord did not say whether the bot has left',
    'look at the channel: Discord removes the bot within a minute',
  ),
} as const;

/** Seat of the bot at Discord, which takes a moment to show that it is free. */
async function readFreedSeat(
  rest: AccountRest,
  { guildId }: Channel,
  clock: Clock,
): Promise<keyof typeof leaveFindings> {
  const { signal } = new AbortController();
  const untilMs = clock.nowMs() + leftMs;
  try {
    while ((await readSeat(rest, { guildId }, signal)) !== undefined) {
      if (clock.nowMs() > untilMs) return 'taken';
      await clock.sleep(askMs, signal);
    }
    return 'free';
  } catch (error) {
    if (error instanceof BotError) return 'unknown';
    throw error;
  }
}

/** Obstacle that the rules of the bot find in the channel, before it tries. */
function obstacleIn({ trial, place }: LiveCheck): LiveFinding | undefined {
  const verdict = trial.verdict(place);
  switch (verdict?.kind) {
    case undefined:
      return missing(
        'channel',
        'Discord does not show the channel to the bot',
        "allow View Channel for the bot's role",
      );
    case 'full':
      return missing(
        'channel',
        `full: ${verdict.members} of ${verdict.limit} people`,
        "raise the channel's user limit, or allow Move Members for the bot's role",
      );
    case 'afk':
      return missing(
        'channel',
        'it is the AFK channel: nobody can talk there',
        'name another channel',
      );
    default:
      return undefined;
  }
}

const joined = {
  join: ok('join', 'the voice link is open: UDP works in both directions'),
  reconnect: ok('reconnect', 'a new voice link is open instead of the first'),
  move: ok('move', 'a voice link is open in a second channel'),
  'move back': ok('move back', 'a voice link is open in the first channel again'),
} as const;

/** Opens a link; adds a finding where that fails. */
async function join(
  live: LiveCheck,
  what: keyof typeof joined,
  channel: Channel,
): Promise<OpenedLink | undefined> {
  const { trial, log, signal, events } = live;
  const from = events.length;
  try {
    const opened = await trial.join(channel, signal);
    log.add({ ...joined[what], tookMs: opened.tookMs });
    return opened;
  } catch (error) {
    signal.throwIfAborted();
    log.add(lossFinding(live, what, error, from));
    return undefined;
  }
}

/** A finding about a link that was lost or did not open; a bug is thrown. */
function lossFinding(
  { trial, events }: LiveCheck,
  what: string,
  error: unknown,
  from: number,
): LiveFinding {
  if (!(error instanceof BotError)) throw error;
  const trouble = linkTrouble(error, trial.closeCode, alertsIn(events.slice(from)));
  const cause = codeOf(error.cause);
  const code = cause ? `${trouble.code}, ${cause}` : trouble.code;
  const { why, mend, said } = trouble;
  return { ...missing(what, why, mend), code, ...(said !== undefined && { said }) };
}

function alertsIn(events: readonly DiscordEvent[]): readonly string[] {
  const raised = events.flatMap((event) =>
    event.kind === 'alert' && event.state === 'raised' ? [event.name] : [],
  );
  return [...new Set(raised)];
}

function note({ log }: LiveCheck, opened: OpenedLink | undefined): void {
  if (!opened) return;
  log.facts.set('transport cipher', opened.cipher);
  log.facts.set('DAVE', opened.endToEnd ? 'on' : 'off');
  log.facts.set('region of the voice server', opened.region || 'not known');
  log.facts.set('other people in the channel', `${opened.others}`);
}

function linkFindings({
  cipher,
  endToEnd,
  lacksSomebody,
  others,
}: OpenedLink): readonly LiveFinding[] {
  const transport = ok('transport', `encrypted with ${cipher}`);
  if (!endToEnd) {
    const mend = 'nothing to do: Discord decides this for the channel';
    return [transport, differs('DAVE', 'the channel is not end-to-end encrypted', mend)];
  }
  if (others === 0) {
    const why =
      'it is on, but nobody else is there: join the channel, and the next check tests it with you';
    return [transport, ok('DAVE', why)];
  }
  if (lacksSomebody) {
    const mend = 'ask everybody to update Discord, to leave and to join again';
    return [
      transport,
      differs('DAVE', 'a person in the channel is not in its end-to-end encrypted group', mend),
    ];
  }
  return [
    transport,
    ok(
      'DAVE',
      `the channel is end-to-end encrypted with ${others === 1 ? 'the other person' : `the ${others} other people`} there`,
    ),
  ];
}

/** Restrictions of the bot by moderators or a stage; a missing right to speak is reported with the rights. */
function restrictions({ events, found: { channel } }: LiveCheck): readonly LiveFinding[] {
  const isOn = (kind: DiscordEvent['kind']) =>
    events.findLast((event) => event.kind === kind && 'on' in event && event.on) !== undefined;
  const isAudience = channel.kind === 'stage' && isOn('suppressed');
  return [
    ...(isOn('muted')
      ? [
          missing(
            'speaking',
            'a moderator has muted the bot: nobody hears it',
            'right-click the bot, undo Server Mute',
          ),
        ]
      : []),
    ...(isOn('deafened')
      ? [
          missing(
            'hearing',
            'a moderator has deafened the bot: it hears nobody',
            'right-click the bot, undo Server Deafen',
          ),
        ]
      : []),
    ...(isAudience
      ? [
          missing(
            'speaking',
            'the bot is in the audience of the stage: nobody hears it',
            "ask a moderator to invite it to speak, or allow Mute Members for the bot's role",
          ),
        ]
      : []),
  ];
}

async function gatewayResume(live: LiveCheck): Promise<void> {
  const { trial, log, signal, events } = live;
  const what = 'gateway resume';
  const from = events.length;
  try {
    const { isResumed, tookMs } = await trial.resumeGateway(signal);
    if (!isResumed) {
      const why =
        'Discord refused to resume the session and began a new one: the bot lost its seat';
      const mend =
        'check that no other process uses this token, and that no proxy delays the connection; then try again';
      log.add({ ...differs(what, why, mend), tookMs });
      await reopen(live);
      return;
    }
    if (trial.loss !== undefined) {
      log.add(lossFinding(live, what, trial.loss, from));
      return;
    }
    const kept = trial.isOpen ? ', and the voice link stayed open' : '';
    log.add({ ...ok(what, `the session continued after a cut of its connection${kept}`), tookMs });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BotError)) throw error;
    log.add({
      ...missing(what, 'the main connection to Discord did not come back', status),
      code: error.code,
    });
  }
}

/** A new login makes Discord forget the seat: the steps that follow need another. */
async function reopen({ trial, place, signal }: LiveCheck): Promise<void> {
  if (!trial.wasOpen) return;
  try {
    await trial.join(place, signal);
  } catch {
    signal.throwIfAborted();
  }
}

async function voiceResume(live: LiveCheck): Promise<void> {
  const { trial, log, signal, events } = live;
  const what = 'voice resume';
  const from = events.length;
  if (!trial.isOpen) return log.add(ok(what, noLink));
  try {
    const { kind, tookMs, closeCode } = await trial.resumeVoice(signal);
    const code = closeCode === undefined ? {} : { code: `voice close ${closeCode}` };
    const why = `the voice server refused to resume (${closeCode ?? 'without a code'}); the bot came back with a new connection`;
    const mend = `${status}; in a conversation this loses a sentence`;
    log.add(
      kind === 'resumed'
        ? { ...ok(what, 'the session continued after a cut of its connection'), tookMs }
        : { ...differs(what, why, mend), tookMs, ...code },
    );
  } catch (error) {
    signal.throwIfAborted();
    log.add(lossFinding(live, what, error, from));
  }
}

async function panel(live: LiveCheck): Promise<void> {
  const { trial, log, signal, place, lacksToWrite, found } = live;
  if (lacksToWrite.length > 0) {
    const lacks = lacksToWrite.map((right) => rightNames[right]).join(', ');
    log.add(
      ok('panel', `not tried: the bot does not have ${lacks}`),
      ok('captions', `not tried: the bot does not have ${lacks}`),
    );
    return;
  }
  const posted = await trial.postPanel(place);
  log.add(writeFinding('panel', 'posted', posted));
  if (posted.kind !== 'done')
    return log.add(ok('captions', 'not tried: the bot cannot write in the chat'));
  if (found.channel.lacksToWrite.includes('ReadMessageHistory')) {
    log.add(
      ok('panel edit', 'not tried: without Read Message History the bot cannot see its panel'),
    );
    return await captions(live, true);
  }
  const edited = await trial.editPanel(signal);
  log.add(writeFinding('panel edit', 'changed', edited));
  await captions(live, edited.kind === 'done');
}

async function captions({ trial, log, place, signal }: LiveCheck, edits: boolean): Promise<void> {
  try {
    const { posted, edited } = await trial.writeCaption(place, edits, signal);
    log.add(writeFinding('captions', 'turned on and posted', posted));
    const what = 'captions edit';
    if (edited) log.add(writeFinding(what, 'changed', edited));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BotError)) throw error;
    const mend =
      "open Edit Channel, Permissions: allow Connect and Send Messages for the bot's role";
    const finding = missing('captions', 'the bot cannot write in the chat of the channel', mend);
    log.add({ ...finding, said: error.message, code: codeOf(error) });
  }
}

const unwritable =
  "open Edit Channel, Permissions: allow Send Messages and Read Message History for the bot's role; look for AutoMod rules";

function writeFinding(what: string, done: string, result: WriteResult): LiveFinding {
  if (result.kind === 'done') return ok(what, `${done} in the chat of the channel`);
  if (result.kind === 'late') return missing(what, 'Discord did not do it within 10 s', status);
  const isEdit = what.endsWith('edit');
  const why = isEdit ? 'Discord refused to change the message' : 'Discord refused the message';
  return { ...missing(what, why, unwritable), ...coded(result) };
}

function coded(result: WriteResult): { readonly code?: string } {
  return result.kind === 'refused' && result.code !== '' ? { code: result.code } : {};
}

async function silence(live: LiveCheck): Promise<void> {
  const { trial, log, signal, events, silenceMs, clock } = live;
  const what = 'silence';
  const [from, startMs] = [events.length, clock.nowMs()];
  if (!trial.isOpen) return log.add(ok(what, noLink));
  log.note(
    `Silence for ${span(silenceMs)}: the doctor checks whether the voice link stays open ...`,
  );
  await trial.stay(silenceMs, signal);
  const tookMs = clock.nowMs() - startMs;
  if (trial.loss !== undefined) {
    const finding = lossFinding(live, what, trial.loss, from);
    log.add({ ...finding, why: `${finding.why}, after ${span(tookMs)}`, tookMs });
    return;
  }
  const later = events.slice(from);
  const closes = later.flatMap((event) => (event.kind === 'voice-closed' ? [event.closeCode] : []));
  const alerts = alertsIn(later);
  const code = [...closes.map((one) => `voice close ${one}`), ...alerts].join(', ');
  if (code === '') {
    return log.add(ok(what, `the voice link stayed open for ${span(silenceMs)}`));
  }
  const why =
    closes.length > 0
      ? `the voice server closed the link (${closes.join(', ')}); the bot came back by itself`
      : `the voice link had problems: ${alerts.join(', ')}`;
  log.add({
    ...differs(what, why, `${status}; docs/troubleshooting.md explains the alerts`),
    tookMs,
    code,
  });
}

async function reconnect(live: LiveCheck): Promise<void> {
  if (!live.trial.wasOpen) return live.log.add(ok('reconnect', noLink));
  await join(live, 'reconnect', live.place);
}

async function move(live: LiveCheck): Promise<void> {
  const { trial, log, place } = live;
  if (!trial.isOpen) return log.add(ok('move', noLink));
  const other = otherChannel(live);
  if (typeof other === 'string') return log.add(ok('move', `not tried: ${other}`));
  await join(live, 'move', other);
  await join(live, 'move back', place);
}

/** An empty voice channel that the bot may enter; or why there is none. */
function otherChannel({ trial, place, found }: LiveCheck): Channel | string {
  const others = found.guild.channels.filter(
    ({ id, kind }) => id !== place.channelId && kind === 'voice',
  );
  if (others.length === 0) return 'the server has no second voice channel';
  const open = others
    .map(({ id, name }) => ({ guildId: place.guildId, channelId: id, name }))
    .filter((channel) => ['fine', 'no-speak'].includes(trial.verdict(channel)?.kind ?? ''));
  if (open.length === 0) return 'the bot may not enter a second voice channel';
  return open.find((channel) => trial.others(channel) === 0) ?? 'people are in every other channel';
}

/** False once a person has sent the bot away: then it stays away. */
function isWanted({ trial }: LiveCheck): boolean {
  return !(trial.loss instanceof BotError && isRemoval(trial.loss));
}
