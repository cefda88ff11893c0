/** @import { Answered, Item, PanelFacts, Room, RoomEvent, RoomMessage, RoomMessageEvent, RoomState } from './room-types.js' */

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
      return { ...state, live: { ...state.live, [event.who]: event.text } };
    case 'said':
    case 'ignored':
    case 'dropped':
    case 'command':
      return addItem(
        state,
        { ...event, key: `${state.count}` },
        'who' in event ? event.who : '',
      );
    case 'answered':
      return putAnswer(state, event);
    case 'models':
      return { ...state, hasChatModel: event.hasChatModel };
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
 * Adds an answer, in place of the same one in writing.
 * @param {RoomState} state
 * @param {Answered} answer
 * @returns {RoomState}
 */
function putAnswer(state, answer) {
  const { name } = state.room.bot;
  const writtenItem = state.items.findLast(
    (item) =>
      item.kind === 'message' && item.author === name && item.text === answer.text,
  );
  const item = { ...answer, key: `${state.count}` };
  const nextState = addItem(state, item, name);
  if (!writtenItem) return nextState;
  const items = state.items.map((entry) => (entry === writtenItem ? item : entry));
  return { ...nextState, items };
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
  const { items } = state;
  const item = { ...message, key: message.id };
  if (change === 'deleted')
    return { ...state, items: items.filter(({ key }) => key !== item.key) };
  if (!items.some(({ key }) => key === item.key))
    return addItem(state, item, item.author);
  return {
    ...state,
    items: items.map((entry) => (entry.key === item.key ? item : entry)),
  };
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
