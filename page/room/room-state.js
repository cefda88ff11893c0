/** @import { Answered, Answering, Item, PanelFacts, Room, RoomEvent, RoomMessage, RoomMessageEvent, RoomState, Unanswered } from './room-types.js' */

import { isWritten } from './heard-text.js';
import { formatText } from './texts.js';

const maxItems = 200;

/**
 * The room before anything came from the sandbox.
 * @type {RoomState}
 */
export const emptyRoom = Object.freeze({
  room: {
    people: [],
    channels: [],
    bot: { online: false, name: 'Parley', speaks: false },
    commands: [],
    you: '',
  },
  items: [],
  count: 0,
  live: {},
  engines: [],
  hasChatModel: true,
});

/**
 * Returns the state after an event of the room.
 * @param {RoomState} state
 * @param {RoomEvent} event
 * @returns {RoomState}
 */
export function stepRoom(state, event) {
  switch (event.kind) {
    case 'state': {
      const { kind: _, ...room } = event;
      return { ...state, room };
    }
    case 'message':
      return changeMessage(state, event);
    case 'live':
      return setLiveWords(state, event);
    case 'ignored':
      return isToldLast(state, event)
        ? state
        : addItem(state, { ...event, key: `${state.count}` }, event.who);
    case 'said':
    case 'dropped':
    case 'command':
    case 'answering':
      return addItem(
        state,
        { ...event, key: `${state.count}` },
        'who' in event && event.kind !== 'answering' ? event.who : '',
      );
    case 'answered':
      return putAnswer(state, event);
    case 'models':
      return { ...state, hasChatModel: event.hasChatModel, fetching: event.fetching };
    case 'engines':
      return { ...state, engines: event.engines };
    case 'panel':
      return { ...state, panel: event };
    case 'speaks':
      return { ...state, room: setSpeaking(state.room, event) };
  }
  return state;
}

/**
 * Tests whether the last line says the same: the scraps of one halting person get one line.
 * @param {RoomState} state
 * @param {Unanswered} event
 * @returns {boolean}
 */
function isToldLast({ items }, { who, why: reason }) {
  const last = items.at(-1);
  return last?.kind === 'ignored' && last.who === who && last.why === reason;
}

/**
 * Sets the words so far: of an answer at its place, of others below all items.
 * @param {RoomState} state
 * @param {Extract<RoomEvent, { kind: 'live' }>} event
 * @returns {RoomState}
 */
function setLiveWords(state, { who, text, answerId }) {
  const begun = findBegun(state, answerId);
  if (!begun) return { ...state, live: { ...state.live, [who]: text } };
  const items = state.items.map((item) => (item === begun ? { ...begun, text } : item));
  return { ...state, items, live: { ...state.live, [who]: '' } };
}

/**
 * Finds the place of an answer that has begun and not ended. Ids begin anew with each session.
 * @param {RoomState} state
 * @param {number | undefined} answerId
 * @returns {(Answering & Item) | undefined}
 */
function findBegun({ items }, answerId) {
  return items.findLast(
    /** @returns {item is Answering & Item} */
    (item) => item.kind === 'answering' && item.answerId === answerId,
  );
}

/**
 * Puts an ended answer where it began, and takes away the message with the same words, if there is one. An answer whose
 * beginning the page has not seen stands at its message, or else last.
 * @param {RoomState} state
 * @param {Answered} answer
 * @returns {RoomState}
 */
function putAnswer(state, answer) {
  const { name } = state.room.bot;
  const begun = findBegun(state, answer.answerId);
  const since = begun ? state.items.indexOf(begun) : 0;
  const written = state.items.slice(since).findLast(
    /** @returns {item is RoomMessage & Item} */
    (item) => item.kind === 'message' && isMessageOf(answer, item, name),
  );
  const place = begun ?? written;
  const taken = written && {
    messageId: written.id,
    ...(written.to && { to: written.to }),
  };
  const item = { ...answer, ...taken, key: place?.key ?? `${state.count}` };
  if (!place) return addItem(state, item, name);
  const items = state.items.flatMap((entry) =>
    entry === place ? item : entry === written ? [] : entry,
  );
  return { ...state, items, live: { ...state.live, [name]: '' } };
}

/**
 * Tests whether the page shows the answer that the bot speaks now at its place.
 * @param {RoomState} state
 * @returns {boolean}
 */
export function isAnswerShown({ items }) {
  const latest = items.findLast(
    ({ kind }) => kind === 'answering' || kind === 'answered',
  );
  return latest?.kind === 'answering' && (latest.text ?? '') !== '';
}

/**
 * Adds an item, which ends the live transcript of its speaker.
 * @param {RoomState} state
 * @param {Item} item
 * @param {string} speaker
 * @returns {RoomState}
 */
function addItem({ items, count, live, ...state }, item, speaker) {
  return {
    ...state,
    items: [...items, item].slice(-maxItems),
    count: count + 1,
    live: { ...live, [speaker]: '' },
  };
}

/**
 * Adds, replaces or removes a message.
 * @param {RoomState} state
 * @param {RoomMessageEvent} event
 * @returns {RoomState}
 */
function changeMessage(state, { change, ...message }) {
  const { items, room } = state;
  const item = { ...message, key: message.id };
  const shown = items.find((entry) => entry.key === item.key || isTakenBy(entry, item));
  if (change === 'deleted')
    return { ...state, items: items.filter((entry) => entry !== shown) };
  const answer =
    shown ??
    items.findLast(
      (entry) =>
        entry.kind === 'answered' &&
        entry.messageId === undefined &&
        isMessageOf(entry, item, room.bot.name),
    );
  if (!answer) return addItem(state, item, item.author);
  return {
    ...state,
    items: items.map((entry) =>
      entry === answer ? fillItem(entry, item, room) : entry,
    ),
  };
}

/**
 * Tests whether an answer stands in place of a message.
 * @param {Item} item
 * @param {RoomMessage} message
 * @returns {boolean}
 */
function isTakenBy(item, { id }) {
  return item.kind === 'answered' && item.messageId === id;
}

/**
 * Fills the place of a message with its news. An answer stands on while its words do.
 * @param {Item} item
 * @param {RoomMessage & Item & { kind: 'message' }} message
 * @param {Room} room
 * @returns {Item}
 */
function fillItem(item, message, { bot }) {
  if (item.kind !== 'answered' || !isMessageOf(item, message, bot.name)) return message;
  const { id: messageId, to } = message;
  return { ...item, messageId, ...(to && { to }) };
}

/**
 * Tests whether a message of the bot has just the words of an answer, as the bot says of that answer.
 * @param {Answered} answer
 * @param {RoomMessage} message
 * @param {string} bot name of the bot
 * @returns {boolean}
 */
function isMessageOf({ isMessage, text }, message, bot) {
  return isMessage === true && message.author === bot && isWritten(message.text, text);
}

/**
 * Notes whether the bot or a person, by name or id, speaks.
 * @param {Room} room
 * @param {{ who: string, on: boolean }} event
 * @returns {Room}
 */
function setSpeaking(room, { who, on }) {
  if (room.bot.name === who) return { ...room, bot: { ...room.bot, speaks: on } };
  const people = room.people.map((person) =>
    person.name === who || person.id === who ? { ...person, speaks: on } : person,
  );
  return { ...room, people };
}

/** With fewer answers and items somebody has just come: the sandbox asks the first question itself. */
const firstAnswers = 2;
const firstItems = 6;

/**
 * Tests whether somebody has just come.
 * @param {RoomState} state
 * @returns {boolean}
 */
export function isFirstScreen({ items }) {
  const answers = items.filter(({ kind }) => kind === 'answered');
  return answers.length < firstAnswers && items.length < firstItems;
}

/** Button that every panel has, and no other message for everybody. */
const panelButton = 'parley:more';

/**
 * Finds the latest message for everybody with the panel's button.
 * @param {RoomState} state
 * @returns {(RoomMessage & Item) | undefined}
 */
export function findPanel({ items, room }) {
  return items.findLast(
    /** @returns {item is RoomMessage & Item} */
    (item) =>
      item.kind === 'message' &&
      item.author === room.bot.name &&
      item.to === undefined &&
      item.buttons.some(({ customId }) => customId === panelButton),
  );
}

/** Begins the id of a button that every board of sounds has. */
const boardButton = 'parley:sounds.back';

/**
 * Tests whether an item is a board of sounds, which stands beside the talk.
 * @param {Item} item
 * @returns {item is RoomMessage & Item}
 */
export function isSoundBoard(item) {
  return (
    item.kind === 'message' &&
    item.buttons.some(({ customId }) => customId.startsWith(boardButton))
  );
}

/**
 * A reason for which somebody would talk in vain, and the action that ends it.
 * @typedef {object} Silence
 * @property {string} text
 * @property {string} label of the button
 * @property {'join' | 'send' | 'agree'} does name of the action
 * @property {string} target channel, line or person of the action
 */

/**
 * Finds what the bot does in the channel where it sits. Facts of a channel that it left are none.
 * @param {RoomState} state
 * @returns {PanelFacts | undefined}
 */
export function findPanelFacts({ panel, room: { bot } }) {
  return bot.channel !== undefined && panel?.channel === bot.channel
    ? panel
    : undefined;
}

/**
 * Lists reasons for talking in vain.
 * @param {RoomState} state
 * @returns {readonly Silence[]}
 */
export function listSilences(state) {
  const { bot, channels, people } = state.room;
  const you = people.find(({ isYou }) => isYou);
  const panel = findPanel(state);
  const target =
    bot.channel ?? channels.find(({ kind }) => kind === 'voice')?.name ?? '';
  if (!you || !bot.online) return [];
  if (!you.channel)
    return [
      {
        text: formatText('page.silence.outside'),
        label: formatText('page.join.channel', { channel: target }),
        does: 'join',
        target,
      },
    ];
  // The panel of a bot that sits nowhere says so itself.
  if (bot.channel !== you.channel && (bot.channel || !panel)) {
    const text = formatText('page.silence.elsewhere', {
      bot: bot.name,
      channel: you.channel,
    });
    return [
      {
        text,
        label: formatText('page.call', { bot: bot.name }),
        does: 'send',
        target: '/join',
      },
    ];
  }
  return (findPanelFacts(state)?.people ?? [])
    .filter(({ answer }) => answer === 'undecided')
    .filter(({ name }) =>
      people.some((person) => person.name === name && !person.isYou),
    )
    .map(({ name }) => ({
      text: formatText('page.silence.unheard', { bot: bot.name, name }),
      label: formatText('page.agree', { name }),
      does: 'agree',
      target: name,
    }));
}
