import { modelAnswer } from './scene-answers.ts';
import { frameMs } from './scene-sound.ts';
import type { MeantAct, Saying, ScenePerson, SceneWorld } from './scene-world.ts';

/** Time, in ms, between the announcement of a looser policy and its effect. */
/** Longest time in which a process ends and the next one begins. */
const restartMs = 10_000;
const announcementMs = 30_000;
/** Time, in ms, after which a role that was taken counts, as Discord tells nothing of it. */
const roleLagMs = 12_000;
/** Time, in ms, in which a change may be on its way. */
const lagMs = 100;
/** Time, in ms, until the bot has been silenced, and until its line about a no is there. */
const [silenceMs, answerMs] = [1_000, 10_000];
/** Sound, in ms, that is a signal and no answer. */
const maxCueMs = 600;

/** Rules that a judge asks for, as its findings begin. */
export const sceneRules = {
  no: 'nobody is heard after their no until their own yes',
  told: 'nobody is heard by policy before a delivered line that tells them',
  barred: 'nobody blocked or without a needed role is heard',
  asked: 'nobody is heard without a yes where the policy asks',
  unread: 'while consents cannot be read only those are heard who press',
  shown: 'the panel names those who are heard, and no others',
  status: 'the status counts those who are heard',
  captions: 'captions are announced only where they are written',
  silence: 'a stop silences whatever sounds',
  answer: 'a no is answered, and not by the model',
  owned: 'words of a closed channel sound nowhere else',
} as const;
export type SceneRule = keyof typeof sceneRules;

export type SceneFinding = { readonly rule: SceneRule; readonly text: string };

/** Finds what is wrong in everything that happened. It knows no code of the bot, but what people see, hear and read. */
export function judgeWorld(
  world: SceneWorld,
  captionLines: readonly string[],
): readonly SceneFinding[] {
  return [
    ...world.sayings.flatMap((saying) => judgeHearing(saying, world)),
    ...world.sayings.flatMap((saying) => judgePanel(saying, world)),
    ...world.sayings.flatMap((saying) => judgeCaptions(saying, world, captionLines)),
    ...judgeStatus(world),
    ...judgeOwners(world),
    ...world.meant.flatMap((act) => judgeMeant(act, world)),
  ];
}

function judgeHearing({ by, fromMs, heardFrames }: Saying, world: SceneWorld) {
  const person = world.getPerson(by);
  for (const frame of [...heardFrames].sort((one, otherValue) => one - otherValue)) {
    const atMs = fromMs + frame * frameMs;
    const leak = findLeak(person, atMs, world);
    if (leak) return [{ rule: leak, text: `${by} was heard at ${formatMs(atMs)}` }];
  }
  return [];
}

/** Finds the rule by which a packet of a person ought not to have been heard. */
function findLeak(
  person: ScenePerson,
  atMs: number,
  world: SceneWorld,
): SceneRule | undefined {
  const isUnread = world.isUnread.getAt(atMs);
  if (!isUnread && isBarred(person, atMs, world)) return 'barred';
  const answers = person.answer.listBetween(atMs - lagMs, atMs);
  if (answers.every((answer) => answer === 'no')) return 'no';
  if (isUnread) {
    const sinceMs = person.answer.getSinceMs(atMs);
    const beganMs = world.isUnread.getSinceMs(atMs);
    return answers.includes('yes') && sinceMs >= beganMs ? undefined : 'unread';
  }
  if (answers.some((answer) => answer === 'yes' || answer === 'called'))
    return undefined;
  if (!isAllowedUnasked(person, atMs, world)) return 'asked';
  return isTold(person, atMs, world) ? undefined : 'told';
}

/** Whether the owner does not let a person use the bot, and Discord has told so. */
function isBarred(person: ScenePerson, atMs: number, world: SceneWorld) {
  if ([atMs - lagMs, atMs].some((ms) => world.isAdmitted(person, ms))) return false;
  const hadRole = world.isAdmitted(person, atMs - roleLagMs);
  return !hadRole || isBlocked(person, atMs, world);
}

/** Whether the policy hears a person unasked, or did before Discord told of a lost role. */
function isAllowedUnasked(person: ScenePerson, atMs: number, world: SceneWorld) {
  if ([atMs - lagMs, atMs].some((ms) => world.allowsUnasked(person, ms))) return true;
  const { policy } = world.rules.getAt(atMs);
  return policy === 'role' && world.allowsUnasked(person, atMs - roleLagMs);
}

function isBlocked({ name }: ScenePerson, atMs: number, world: SceneWorld) {
  return world.rules.getAt(atMs).blocked.includes(name);
}

/**
 * Whether a person was told in this channel since the policy became looser, and 30 s ago where they sat there then. Whom
 * the former policy heard is heard on.
 */
function isTold(person: ScenePerson, atMs: number, world: SceneWorld): boolean {
  const channel = world.botSeat.getAt(atMs);
  const looserMs = findLooserMs(atMs, world);
  if (Number.isFinite(looserMs) && wasHeardOn(person, looserMs, world)) return true;
  const wasThere =
    world.botSeat.listBetween(looserMs - restartMs, looserMs).includes(channel) &&
    person.seat.getAt(looserMs) === channel;
  const waitMs = wasThere ? announcementMs - lagMs : 0;
  return world.tellings.some(
    (telling) =>
      telling.channel === channel &&
      telling.names.includes(person.name) &&
      telling.atMs >= looserMs &&
      telling.atMs + waitMs <= atMs,
  );
}

/** Whether the policy heard a person just before it became looser. */
function wasHeardOn(person: ScenePerson, looserMs: number, world: SceneWorld) {
  const beforeMs = looserMs - 1;
  return (
    world.botSeat.getAt(beforeMs) === person.seat.getAt(beforeMs) &&
    world.allowsUnasked(person, beforeMs) &&
    isTold(person, beforeMs, world)
  );
}

/** Instant at which the present policy became looser than the one before it. */
function findLooserMs(atMs: number, world: SceneWorld) {
  return world.looserMs.findLast((ms) => ms <= atMs) ?? Number.NEGATIVE_INFINITY;
}

/** Sayings of people whose standing on the panel did not change meanwhile. */
function judgePanel(saying: Saying, world: SceneWorld): readonly SceneFinding[] {
  if (saying.isCut) return [];
  const isShown = isShownAsHeard(saying, world);
  const isHeard = saying.heardFrames.size > 0;
  if (isShown === undefined || isShown === isHeard) return [];
  const shown = isShown ? 'is shown as heard' : 'is heard and not shown';
  return [
    { rule: 'shown', text: `${saying.by} ${shown} at ${formatMs(saying.fromMs)}` },
  ];
}

/** Whether the panel names a person as heard; undefined where it changes, or the bot is elsewhere. */
function isShownAsHeard({ by, fromMs, toMs }: Saying, world: SceneWorld) {
  const channel = world.getPerson(by).seat.getAt(fromMs);
  const seats = world.botSeat.listBetween(fromMs - lagMs, toMs + 1_000);
  if (channel === undefined || seats.some((seat) => seat !== channel)) return undefined;
  const panels = world.panel.listBetween(fromMs - lagMs, toMs + 1_000);
  const named = panels.map((panel) => listHeardNames(panel).includes(by));
  return named.every((item) => item === named[0]) ? named[0] : undefined;
}

function listHeardNames(panel: string) {
  const lines = panel.matchAll(/^(?:Hearing|Understanding only .*from): (.*)$/gm);
  return [...lines].flatMap(([, names = '']) => names.split(', '));
}

/** Compares the number in the status with those who were heard while it stood. */
function judgeStatus(world: SceneWorld): readonly SceneFinding[] {
  return world.sayings.flatMap((saying) => {
    const texts = world.status.listBetween(saying.fromMs - lagMs, saying.toMs + 1_000);
    const isNobody = texts.every((text) => /listens to 0 of/.test(text));
    if (saying.isCut || !isNobody || !saying.isRecognised) return [];
    const text = `${saying.by} is heard at ${formatMs(saying.fromMs)} under "${texts[0]}"`;
    return [{ rule: 'status' as const, text }];
  });
}

/** Who is heard under "captions on" is written, unless left out. */
function judgeCaptions(
  saying: Saying,
  world: SceneWorld,
  captionLines: readonly string[],
): readonly SceneFinding[] {
  const texts = world.status.listBetween(saying.fromMs - lagMs, saying.toMs + 3_000);
  const isAnnounced = texts.every((text) => text.includes('captions on'));
  if (!isAnnounced || saying.isCut || isShownAsHeard(saying, world) !== true) return [];
  if (
    world.meant.some(
      (act) => act.by === saying.by && Math.abs(act.atMs - saying.toMs) < 5_000,
    )
  )
    return [];
  if (captionLines.some((line) => line.includes(saying.text))) return [];
  const text = `nothing was written of "${saying.text}" of ${saying.by} at ${formatMs(saying.fromMs)}`;
  return [{ rule: 'captions', text }];
}

/** Finds a text that sounded in a channel whose people may not know it. */
function judgeOwners(world: SceneWorld): readonly SceneFinding[] {
  // A frame of the instant of a move was sent before it.
  const findSeat = (atMs: number) => world.botSeat.getAt(atMs - 1);
  const leak = world.sounds.find(({ atMs, text = '' }) =>
    world.givenWords.some(
      (fields) =>
        text !== '' && fields.text.includes(text) && fields.channel !== findSeat(atMs),
    ),
  );
  if (!leak) return [];
  const where = `${findSeat(leak.atMs)} at ${formatMs(leak.atMs)}`;
  return [{ rule: 'owned', text: `"${leak.text}" is heard in ${where}` }];
}

function judgeMeant(act: MeantAct, world: SceneWorld): readonly SceneFinding[] {
  return act.means === 'stop' ? judgeStop(act, world) : judgeNo(act, world);
}

function judgeStop(
  { atMs, by, way }: MeantAct,
  world: SceneWorld,
): readonly SceneFinding[] {
  const [fromMs, toMs] = [atMs + silenceMs, atMs + 2 * silenceMs];
  const began = new Map<number | undefined, number>();
  for (const sound of world.sounds)
    if (!began.has(sound.number)) began.set(sound.number, sound.atMs);
  const later = world.sounds.filter(
    (sound) => sound.atMs >= fromMs && sound.atMs < toMs,
  );
  const voices = later.filter(
    ({ number }) => number !== undefined && (began.get(number) ?? 0) < atMs,
  );
  const others = later.filter(({ number }) => number === undefined);
  if (voices.length === 0 && others.length * frameMs <= maxCueMs) return [];
  const sound = voices[0]?.text ?? 'music';
  return [
    {
      rule: 'silence',
      text: `"${sound}" goes on after the stop of ${by} (${way}) at ${formatMs(atMs)}`,
    },
  ];
}

function judgeNo(
  { atMs, by, way }: MeantAct,
  world: SceneWorld,
): readonly SceneFinding[] {
  const answers = world.lines.filter(
    (line) =>
      line.atMs >= atMs - answerMs / 2 &&
      line.atMs <= atMs + answerMs &&
      line.names.includes(by) &&
      line.kind !== 'chat',
  );
  const where = `the no of ${by} (${way}) at ${formatMs(atMs)}`;
  if (way !== 'pressed' && answers.some(({ text }) => text.includes(modelAnswer)))
    return [{ rule: 'answer', text: `the model answers ${where}` }];
  if (answers.some(({ text }) => /\b(don't|do not|can't) (hear|listen)/i.test(text)))
    return [];
  return [{ rule: 'answer', text: `nothing answers ${where}` }];
}

function formatMs(ms: number) {
  return `${(ms / 1_000).toFixed(2)} s`;
}
