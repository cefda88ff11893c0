import { toChannelId, toGuildId, toMessageId, toPersonId } from '#src/base/ids.ts';
import type { CheckReport } from '#src/features/settings/answer-checkup.ts';
import { reserveAnswer } from '#test/fakes/fake-spending.ts';
import { makeAdmitted } from '#test/features/typed/admitted-content.ts';
import { makeTyped } from '#test/features/typed/typed-handler.ts';
import type { Play } from './play-script.ts';
import { den, findOffer } from './session-fixture.ts';
import { changeTrack, playSound } from './tracks-fixture.ts';

const g = toGuildId('g');

/** What a question or a line is about, or comes with, by the word after `with`. */
const subjects: Readonly<Record<string, object>> = {
  mention: { isMention: true },
  webhook: { isWebhook: true },
  forward: { isForwarded: true },
  voice: { isVoiceMessage: true },
  recording: { recording: { url: 'https://cdn.test/a.ogg', name: 'a.ogg' } },
  picture: { pictures: [{ url: 'https://cdn.test/a.png', name: 'a.png' }] },
  general: { askedInId: 'general' },
  bensrecording: {
    material: makeAdmitted({
      recording: { url: 'https://cdn.test/a.ogg', name: 'a.ogg' },
    }),
  },
  benspicture: {
    material: makeAdmitted({
      pictures: [{ url: 'https://cdn.test/a.png', name: 'a.png' }],
    }),
  },
  message: { material: makeAdmitted({ text: 'Make it 40.' }, 'Eva') },
};

export function askBot(play: Play, name = '', how = '', subject = '', text = '') {
  const forms = { asks: 'voice', writes: 'text' } as const;
  const { id, name: shownName } = play.findPerson(name);
  const form = forms[how as keyof typeof forms];
  play.reportLater(
    `told ${id}`,
    play.fixture.talk.askQuestion(
      g,
      text,
      { id, name: shownName },
      form,
      findSubject(subject),
    ),
  );
}

/** As in `mention+picture`. */
function findSubject(names: string): object {
  const named = names.split('+').map((name) => subjects[name]);
  return Object.assign({}, ...named);
}

/** Somebody types a line in the chat of the Lounge, if in no other, and may delete it at once. */
export function typeLine(
  play: Play,
  name = '',
  deletes = '',
  channelId = '',
  subject = '',
  text = '',
) {
  const author = { ...play.findPerson(name), isBot: name === 'bot' };
  play.typedLines++;
  const messageId = toMessageId(`m${play.typedLines}`);
  const overrides = {
    messageId,
    ...(channelId && { channelId: toChannelId(channelId) }),
    ...findSubject(subject),
  };
  const { lines } = play.typed;
  play.reportLater(
    `line ${play.typedLines}`,
    lines.handleMessage(makeTyped(author, text, overrides)),
  );
  if (deletes) lines.onDeleted([messageId]);
}

/** Somebody has a message of somebody else read aloud. */
export function pickMessage(play: Play, by = '', of = '', text = '') {
  const { messageId, author, content } = makeTyped(play.findPerson(of), text);
  const isBot = of === 'bot';
  const line = {
    ...content,
    messageId,
    author: author.name,
    authorId: author.id,
    isBot,
  };
  return play.typed.reader.read(g, line, play.findPerson(by));
}

/** An answer of former hours, at so many dollars. */
export function spendDollars({ purse: { budgets } }: Play, who = '', usd = '') {
  using reservation = reserveAnswer(budgets, { guildId: g, personId: toPersonId(who) });
  reservation?.recordUsage({ inputTokens: Number(usd) * 1e6, outputTokens: 0 });
}

/** Spending of today, in dollars. */
export function formatSpent({ clock, purse: { ledger, paid } }: Play) {
  const { day, people } = ledger.getStanding(g, clock.wallMs());
  const turns = day.turns > 0 ? [`turns ${day.turns}`] : [];
  const bills = paid.splice(0).map(({ usd = 0, what }) => `${what} ${usd}`);
  const shares = [...people].map(([id, { nanoUsd }]) => `${id} ${nanoUsd / 1e9}`);
  const reserved = `reserved ${ledger.getReserved(g) / 1e9}`;
  return [...bills, `server ${day.nanoUsd / 1e9}`, ...shares, ...turns, reserved];
}

/** A yes that counts is narrated as a no is, by whether it is stored. */
export async function allowHearing(play: Play, who = '') {
  const outcome = await play.fixture.privacy.allow(g, play.idOf(who));
  return outcome.kind === 'allowed' ? { isSaved: outcome.isSaved } : outcome;
}

export function playTrack(play: Play, who = '', sound = '', track = '', next = '') {
  const caller = { ...play.findPerson(who), mayManage: false };
  const overrides = { sound, track: track || 'main', next: next !== '' };
  return playSound(play.fixture, caller, overrides);
}

export async function awaitSound(
  play: Play,
  who = '',
  sound = '',
  track = '',
  loop = '',
) {
  const caller = { ...play.findPerson(who), mayManage: false };
  const overrides = { sound, track: track || 'main', wait: true, loop: loop !== '' };
  const placed = await playSound(play.fixture, caller, overrides);
  if (placed && 'ended' in placed)
    play.reportLater(sound, placed.ended ?? expect.fail());
  return placed;
}

export async function awaitText(play: Play, who = '', track = '', text = '') {
  const owner = play.findPerson(who);
  const how = { owner, payer: owner, wait: true, ...(track && { track }) };
  const placed = await play.fixture.talk.sayText(g, text, 'queue', how);
  const playing = placed.kind === 'placed' ? placed.playing : placed;
  if ('ended' in playing) play.reportLater('text', playing.ended ?? expect.fail());
  return playing;
}

/** A memory of former days, which the session has read. */
export async function keepMemory(play: Play, by = '', about = '', text = '') {
  const { memories, transcripts } = play.fixture;
  const [author, subject] = [play.findPerson(by), about && play.findPerson(about)];
  await transcripts.onDisk.memories.add({
    guildId: g,
    text,
    byId: author.id,
    byName: author.name,
    ...(subject && { aboutId: subject.id, aboutName: subject.name }),
    atWallMs: Date.UTC(2026, 10, 20),
  });
  await memories.listMemories(g);
}

/** A reminder of Adam that is due in so many seconds, set now or so many seconds before. Without a text it is a timer. */
export async function addReminder(
  { clock, fixture }: Play,
  dueInS = '',
  setBeforeS = '',
  text = '',
) {
  const dueAtWallMs = clock.wallMs() + Number(dueInS) * 1_000;
  await fixture.reminders.addReminder({
    id: text,
    guildId: g,
    personId: toPersonId('adam'),
    channelId: toChannelId('lounge'),
    channelName: 'Lounge',
    text,
    setAtWallMs: dueAtWallMs - Number(setBeforeS || dueInS) * 1_000,
    dueAtWallMs,
  });
}

export function removeItem(play: Play, who = '', item = '', track = '') {
  const caller = { ...play.findPerson(who), mayManage: false };
  return changeTrack(play.fixture, caller, { kind: 'remove', item }, track);
}

export async function listConsents({ fixture }: Play) {
  const all = [...(await fixture.consents.read(g))];
  return all.map(([id, { kind }]) => `${id} ${kind}`).join(', ');
}

export function leaveOut(play: Play, who = '', how = '') {
  return play.fixture.captions.setLeftOut(g, toPersonId(play.idOf(who)), how === 'out');
}

/** A check of everything that an answer needs, by somebody who reads it in the den. */
export function checkAnswers(play: Play, who = '') {
  const checking = play.fixture.checkup.checkAnswers(
    g,
    toPersonId(play.idOf(who)),
    den,
  );
  play.reportLater('check', checking.then(formatReport));
}

/** Each part with its outcome, and the sentence that tells why. */
export function formatReport({ findings }: CheckReport) {
  return findings.map(({ subject: what, isIdle, mend, verdict, reason: why }) => {
    const outcome = isIdle ? 'idle' : verdict === 'missing' ? 'bad' : 'ok';
    const utterance = mend === undefined || mend === why ? why : `${why} ${mend}`;
    return outcome === 'ok'
      ? `${what} ok`
      : `${what} ${outcome} ${utterance.replace('not tried. ', '')}`;
  });
}

export function readAloud(
  { fixture: { talk } }: Play,
  now = '',
  _as = '',
  voice = '',
  text = '',
): unknown {
  return talk.sayText(
    g,
    text,
    now === 'now' ? 'now' : 'queue',
    voice === '' ? {} : { voice },
  );
}

export async function chooseSetting(play: Play, who = '', key = '', value = '') {
  await play.fixture.peopleSettings.changeSettings(g, toPersonId(play.idOf(who)), {
    [key]: value,
  });
}

export function restrictBot({ fixture }: Play, kind = '', on = '') {
  fixture.sessions.onSeatChange(g, { kind: kind as 'muted', isOn: on === 'on' });
}

export function takeAway({ fixture }: Play, kind = '', channelId = '') {
  fixture.sessions.onSeatChange(g, {
    kind: kind as 'no-view',
    channelId: toChannelId(channelId),
  });
}

/** A press whose action takes its time: its outcome is told when it comes. */
export function beginConfirm(play: Play, who = '') {
  const { confirmations } = play.fixture;
  const offer = findOffer(play.fixture);
  play.reportLater(
    'confirmed',
    confirmations.confirmCall(g, offer, toPersonId(play.idOf(who))),
  );
}
