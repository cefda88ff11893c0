/** @import { RegisteredCommand } from './command-line.js' */
/** @import { Instants } from './waterfall.js' */
/**
 * @typedef {{ id: string, name: string, channel?: string, isYou: boolean, speaks: boolean }} Person
 * @typedef {{ id: string, name: string, kind: string, status?: string }} Channel
 * @typedef {{ customId: string, label: string, disabled: boolean, style?: number }} RoomButton
 * @typedef {{ name: string, type: string, sizeBytes: number, url: string }} RoomFile
 * @typedef {{ customId: string, placeholder: string, disabled: boolean, least: number, most: number,
 *   choices: { label: string, value: string, chosen: boolean }[] }} RoomMenu
 * @typedef {{ customId: string, label: string, required: boolean, isLong: boolean, value: string, mostLength: number,
 *   menu?: RoomMenu }} RoomField
 * @typedef {{ id: string, title: string, fields: RoomField[] }} RoomForm
 * @typedef {{ id: string, channel: string, author: string, text: string, buttons: RoomButton[],
 *   files?: RoomFile[], menus?: RoomMenu[], to?: string }} RoomMessage
 * @typedef {{ people: Person[], channels: Channel[], roles?: { id: string, name: string }[], bot: { id?: string, online: boolean, channel?: string, name: string, speaks: boolean },
 *   commands: RegisteredCommand[], you: string }} Room
 * @typedef {{ kind: 'said', who: string, text: string }} Said
 * @typedef {{ kind: 'answered', who: string, text: string, heardText: string, finish: string, instants: Instants,
 *   firstHeardAtMs?: number }} Answered
 * @typedef {{ kind: 'ignored' | 'dropped', who: string, why: string }} Unanswered
 * @typedef {{ kind: 'reply', id: number, ok: boolean, isLost?: true, error?: string, choices?: { name: string, value: string | number }[],
 *   form?: RoomForm }} Reply
 * @typedef {(Room & { kind: 'state' }) | (RoomMessage & { kind: 'message', change: 'posted' | 'edited' | 'deleted' })
 *   | Said | Answered | Unanswered | { kind: 'live', who: string, text: string } | { kind: 'engines', lines: string[] } | { kind: 'microphone', state: 'yours' | 'taken' }
 *   | { kind: 'speaks', who: string, on: boolean } | { kind: 'command', text: string } | Reply} RoomLine
 */

/**
 * `wallMs` since 1970. A command was sent by this page.
 * @typedef {{ key: string, wallMs?: number } & (Said | Answered | Unanswered | { kind: 'command', text: string }
 *   | (RoomMessage & { kind: 'message' }))} Item
 */

/**
 * `live` are the words of present speakers, by name.
 * @typedef {{ room: Room, items: readonly Item[], count: number, live: Readonly<Record<string, string>>,
 *   engines: readonly string[] }} RoomState
 */

const maxItems = 200;

/** @type {RoomState} */
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
});

/**
 * Returns the state after a line of the room.
 * @param {RoomState} state
 * @param {RoomLine} line
 * @returns {RoomState}
 */
export function stepRoom(state, line) {
  switch (line.kind) {
    case 'state': {
      const { kind: _, ...room } = line;
      return { ...state, room };
    }
    case 'message':
      return changeMessage(state, line);
    case 'live':
      return { ...state, live: { ...state.live, [line.who]: line.text } };
    case 'said':
    case 'ignored':
    case 'dropped':
    case 'command':
      return addItem(
        state,
        { ...line, key: `${state.count}` },
        'who' in line ? line.who : '',
      );
    case 'answered':
      return putAnswer(state, line);
    case 'engines':
      return { ...state, engines: line.lines };
    case 'speaks':
      return { ...state, room: setSpeaking(state.room, line) };
  }
  return state;
}

/**
 * Adds an answer, in place of the same one in writing.
 * @param {RoomState} state
 * @param {Answered} line
 */
function putAnswer(state, line) {
  const { name } = state.room.bot;
  const written = state.items.findLast(
    (item) =>
      item.kind === 'message' && item.author === name && item.text === line.text,
  );
  const item = { ...line, key: `${state.count}` };
  const next = addItem(state, item, name);
  if (!written) return next;
  return { ...next, items: state.items.map((one) => (one === written ? item : one)) };
}

/**
 * @param {RoomState} state
 * @param {Item} item
 * @param {string} who of the ended words
 */
function addItem({ items, count, live, ...state }, item, who) {
  return {
    ...state,
    items: [...items, item].slice(-maxItems),
    count: count + 1,
    live: { ...live, [who]: '' },
  };
}

/**
 * @param {RoomState} state
 * @param {RoomMessage & { kind: 'message', change: 'posted' | 'edited' | 'deleted' }} line
 */
function changeMessage(state, { change, ...message }) {
  const { items } = state;
  const item = { ...message, key: message.id };
  if (change === 'deleted')
    return { ...state, items: items.filter(({ key }) => key !== item.key) };
  if (!items.some(({ key }) => key === item.key))
    return addItem(state, item, item.author);
  return { ...state, items: items.map((one) => (one.key === item.key ? item : one)) };
}

/**
 * @param {Room} room
 * @param {{ who: string, on: boolean }} line
 */
function setSpeaking(room, { who, on }) {
  if (room.bot.name === who) return { ...room, bot: { ...room.bot, speaks: on } };
  const people = room.people.map((one) =>
    one.name === who || one.id === who ? { ...one, speaks: on } : one,
  );
  return { ...room, people };
}

/** With fewer answers and entries somebody has just come: the sandbox asks the first question itself. */
const [firstAnswers, firstItems] = [2, 6];

/**
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
 * @typedef {{ text: string, label: string, does: 'join' | 'send' | 'agree', what: string }} Silence
 */

/**
 * Lists names in a line of the panel.
 * @param {RoomMessage | undefined} panel
 * @param {'Hearing' | 'Not heard until they press Hear me'} head
 * @returns {readonly string[]}
 */
export function listPanelNames(panel, head) {
  const line = panel?.text.split('\n').find((one) => one.startsWith(`${head}: `));
  return line?.slice(head.length + 2).split(', ') ?? [];
}

/**
 * Lists reasons for talking in vain.
 * @param {RoomState} state
 * @returns {readonly Silence[]}
 */
export function listSilences(state) {
  const { bot, channels, people } = state.room;
  const own = people.find(({ isYou }) => isYou);
  const panel = findPanel(state);
  const what = bot.channel ?? channels.find(({ kind }) => kind === 'voice')?.name ?? '';
  if (!own || !bot.online) return [];
  if (!own.channel)
    return [
      {
        text: 'You are in no voice channel.',
        label: `Join ${what}`,
        does: 'join',
        what,
      },
    ];
  // The panel of a bot that sits nowhere says so itself.
  if (bot.channel !== own.channel && (bot.channel || !panel)) {
    const text = `${bot.name} is not in ${own.channel}.`;
    return [{ text, label: `Call ${bot.name}`, does: 'send', what: '/join' }];
  }
  return listPanelNames(panel, 'Not heard until they press Hear me')
    .filter((name) => people.some((one) => one.name === name && !one.isYou))
    .map((name) => ({
      text: `${bot.name} does not hear ${name} yet.`,
      label: `Let ${name} agree`,
      does: 'agree',
      what: name,
    }));
}
