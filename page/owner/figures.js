/**
 * A time as people read it: `420 ms`, `12 s`, `3 min`, `2 h 5 min`.
 * @param {number} ms
 */
export function duration(ms) {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const s = Math.round(ms / 1_000);
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  return `${Math.floor(min / 60)} h ${min % 60} min`;
}

/**
 * A place in a sound, `1:05`.
 * @param {number} ms
 */
export function place(ms) {
  const s = Math.floor(ms / 1_000);
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}

/**
 * A number of things, `1 room`, `2 rooms`.
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
function several(count, one, many = `${one}s`) {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/**
 * An amount of dollars, and of minutes that have no known price: `$1,200.00`, `under $0.01`, `$0.25 + 3.5 min`, `–`.
 * @param {number} usd
 * @param {number} minutes
 */
export function money(usd, minutes) {
  const parts = [
    ...(usd > 0 ? [dollars(usd)] : []),
    ...(minutes >= 0.05 ? [timeWords(minutes)] : []),
  ];
  return parts.join(' + ') || '–';
}

/** @param {number} usd */
function dollars(usd) {
  return usd < 0.01 ? 'under $0.01' : `$${usd.toLocaleString('en', cents)}`;
}

/** @param {number} minutes */
function timeWords(minutes) {
  return `${minutes.toLocaleString('en', { maximumFractionDigits: 1 })} min`;
}

const cents = { minimumFractionDigits: 2, maximumFractionDigits: 2 };

/**
 * The sum of some days, in a sentence.
 * @param {readonly import('./snapshot.js').Day[]} days
 */
export function spendingTotal(days) {
  /** @param {(day: import('./snapshot.js').Day) => number} of */
  const sum = (of) => days.reduce((all, day) => all + of(day), 0);
  const minutes = sum((day) => day.minutes);
  return [
    `$${sum(({ usd }) => usd).toLocaleString('en', cents)} in ${days.length} days`,
    several(
      sum(({ answers }) => answers),
      'answer',
    ),
    ...(minutes > 0 ? [`${timeWords(minutes)} without a known price`] : []),
  ].join(', ');
}

/**
 * People in the channel of the bot: `3`, `3 of 4 heard`.
 * @param {Pick<import('./snapshot.js').Server, 'heard' | 'unheard' | 'state'>} server
 */
export function peopleWords({ heard, unheard, state }) {
  if (state === undefined) return '–';
  return unheard === 0 ? `${heard}` : `${heard} of ${heard + unheard} heard`;
}

/**
 * Ids of shards, those in a row as one: `0 to 3, 7`.
 * @param {readonly number[]} shards
 */
export function shardWords(shards) {
  /** @type {[number, number][]} */
  const spans = [];
  for (const id of shards) {
    const last = spans.at(-1);
    if (last && last[1] === id - 1) last[1] = id;
    else spans.push([id, id]);
  }
  const words = spans.map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`));
  return words.join(', ') || 'none';
}

const budgetSteps = new Map([
  ['full', 'plenty is left'],
  ['cheaper', 'over 80 %: the cheaper voice speaks'],
  ['shorter', 'over 90 %: answers are short'],
  ['captions', 'used up for answers: captions only'],
  ['quiet', 'used up: it is quiet'],
]);

/**
 * Spending of a server today, with its limits.
 * @param {import('./snapshot.js').Budget} budget
 */
export function spent({ usd, minutes, capUsd, capMinutes, isUnpriced, turns, step, quietUntil }) {
  const money = capUsd > 0 ? `$${usd.toFixed(4)} of $${capUsd.toFixed(2)}` : `$${usd.toFixed(4)}`;
  const time =
    capMinutes > 0 ? `${minutes.toFixed(1)} of ${capMinutes} min` : `${minutes.toFixed(1)} min`;
  const hasCap = capUsd > 0 || capMinutes > 0;
  return [
    money,
    ...(isUnpriced ? [`${time} without a known price`] : []),
    several(turns, 'answer'),
    ...(hasCap || step !== 'full' ? [budgetSteps.get(step) ?? step] : []),
    ...(quietUntil ? [`until ${quietUntil}`] : []),
  ].join(', ');
}

/**
 * Who is there.
 * @param {Pick<import('./snapshot.js').Room, 'heard' | 'unheard'>} room
 */
export function company({ heard, unheard }) {
  const others =
    unheard === 0 ? [] : [several(unheard, 'person who is not heard', 'people who are not heard')];
  return [...heard, ...others].join(', ') || 'nobody';
}

const states = new Map([
  ['listening', 'listens'],
  ['captions_only', 'writes captions only'],
  ['thinking', 'thinks'],
  ['step', 'uses a tool'],
  ['paused', 'hears nobody: muted'],
  ['reconnecting', 'is reconnecting'],
  ['hearing', 'hears somebody'],
  ['speaking', 'speaks'],
  ['quiet', 'is quiet: the budget is used'],
  ['left', 'has left'],
]);

/**
 * State of the bot in a room.
 * @param {Pick<import('./snapshot.js').Room, 'state' | 'about'>} room
 */
export function doing({ state, about }) {
  if (about && state === 'hearing') return `hears ${about}`;
  if (about && state === 'speaking') return `answers ${about}`;
  return states.get(state) ?? state;
}

/**
 * Number of answers that wait, and of those answered later.
 * @param {Pick<import('./snapshot.js').Room, 'waiting' | 'aside'>} room
 */
export function queue({ waiting, aside }) {
  const parts = [
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(aside > 0 ? [`${aside} answered later`] : []),
  ];
  return parts.join(', ') || 'empty';
}

/**
 * State of a room's voice link, line by line.
 * @returns {string[]}
 * @param {Pick<import('./snapshot.js').Room, 'link' | 'traffic'>} room
 */
export function linkWords({ link, traffic: { ageMs } }) {
  if (!link) return ['away, to be opened again'];
  const open = ageMs === undefined ? '' : `open for ${duration(ageMs)}, `;
  return [
    link.endToEnd ? 'end-to-end encrypted (DAVE)' : 'not end-to-end encrypted',
    link.cipher,
    `${open}joined in ${duration(link.joinedInMs)}`,
  ];
}

/**
 * Reception of people's voices: packet loss and jitter.
 * @param {import('./snapshot.js').Traffic} traffic
 */
export function reception({ lossShare, jitterMs }) {
  if (lossShare === undefined) return 'nobody was heard in the last 5 minutes';
  const jitter = jitterMs === undefined ? [] : [`jitter ${duration(jitterMs)}`];
  return [`${(lossShare * 100).toFixed(1)} % lost`, ...jitter, 'in the last 5 minutes'].join(', ');
}

/** Words for what a voice link counts, by the name of the count, for one and for several. */
const counted = new Map([
  ['opened', ['packet received', 'packets received']],
  ['sent', ['packet sent', 'packets sent']],
  ['notAllowed', ['dropped unopened: no consent']],
  ['held', ['held until its speaker was known', 'held until their speaker was known']],
  ['sealed', ['could not be decrypted']],
  ['unparsed', ['could not be parsed']],
  ['ahead', ['dropped: faster than real time']],
  ['replayed', ['dropped: sent twice']],
  ['foreign', ['from another address']],
  ['short', ['too short for sound']],
  ['unreachable', ['did not reach the voice server']],
  ['dropped', ['dropped: waited over 10 s']],
  ['refused', ['refused by the voice library']],
  ['shifts', ['stall of this machine', 'stalls of this machine']],
  ['errors', ['error of the voice library', 'errors of the voice library']],
]);

/**
 * Counts of a room's voice link, in words; all but the first two are troubles, and left out where there were none.
 * @param {Record<string, number>} counts
 * @returns {string[]}
 */
export function countWords(counts) {
  return [...counted].flatMap(([name, [one = name, many = one]]) => {
    const count = counts[name] ?? 0;
    return count > 0 || name === 'opened' || name === 'sent' ? [several(count, one, many)] : [];
  });
}

/**
 * State of each provider of a role, in order of preference.
 * @param {import('./snapshot.js').Breaker[]} breakers
 */
export function breakerWords(breakers) {
  const asked = breakers.find(({ state }) => state === 'closed');
  return breakers.map((one) => `${one.provider} ${one === asked ? 'is asked' : standing(one)}`);
}

/** @param {import('./snapshot.js').Breaker} breaker */
function standing({ state, restMs = 0, code }) {
  const why = code ? ` after ${code}` : '';
  if (state === 'closed') return 'stands by';
  if (state === 'trial') return `is being tried again${why}`;
  if (restMs === 0) return `has rested${why}, and is tried by the next request`;
  return `rests for ${duration(restMs)} more${why}`;
}

/**
 * State of the bot, in one line.
 * @param {import('./snapshot.js').Snapshot} snapshot
 */
export function summary({ alerts, providers, rooms, servers, stages, total }) {
  const joined = Object.keys(rooms).length;
  const all = Object.keys(servers).length;
  const of = all > 1 ? ` of ${several(all, 'server')}` : '';
  const bad = providers.filter(({ state }) => state !== 'works');
  const answer = stages.firstSentMs;
  return [
    joined === 0 ? 'In no channel' : `In ${several(joined, 'channel')}${of}`,
    alerts.length === 0 ? 'no alert' : several(alerts.length, 'alert'),
    bad.length === 0
      ? 'all providers work'
      : `trouble with ${bad.map(({ role }) => role).join(' and ')}`,
    answer
      ? `answers begin after ${answer.p50Ms.toLocaleString('en')} ms (p95 ${answer.p95Ms.toLocaleString('en')})`
      : 'nothing was answered yet',
    ...(total
      ? [`all servers spent $${total.usd.toFixed(2)} of $${total.capUsd.toFixed(2)} today (UTC)`]
      : []),
  ].join(', ');
}

const outcomes = new Map([
  ['stopped', 'Stopped.'],
  ['nothing', 'There was no speech or sound to stop.'],
  ['left', 'The bot has left.'],
  ['paused', 'Muted: the bot hears nobody there until you or a person there unmutes it.'],
  ['resumed', 'Unmuted: people are heard again.'],
]);

/**
 * Outcome of an action, in words.
 * @param {string} outcome
 */
export function outcomeWords(outcome) {
  return outcomes.get(outcome) ?? outcome;
}
