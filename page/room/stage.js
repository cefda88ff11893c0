/** @import { Person, RoomButton, RoomMessage, RoomState } from './room-types.js' */
import { findPanel, listPanelNames } from './room-state.js';
import { formatText } from './texts.js';

/**
 * `away`: the bot sits nowhere, or the page knows nothing yet.
 * @typedef {'away' | 'waiting' | 'listening' | 'thinking' | 'speaking'} Mood
 */

/**
 * A person beside the bot, and whether the bot hears that person.
 * @typedef {Person & { isHeard: boolean }} Seat
 */

/**
 * The panel as the stage shows it.
 * @typedef {object} Stage
 * @property {Mood} mood
 * @property {string} word the mood in a word or two
 * @property {string} headline first line of the panel
 * @property {RoomMessage | undefined} message the other lines and buttons of the panel
 * @property {RoomButton | undefined} stop button that silences the bot
 * @property {readonly Seat[]} seats
 */

const activityLine = /^(?:Thinking|Listening|Speaking to .*|.* is speaking)$/;

/**
 * Describes the stage by the panel and the room.
 * @param {RoomState} state
 * @param {boolean} isConnected
 * @returns {Stage}
 */
export function readStage(state, isConnected) {
  const { bot, people, you } = state.room;
  const panel = findPanel(state);
  const [headline = '', ...lines] = panel?.text.split('\n') ?? [];
  const buttons = panel?.buttons ?? [];
  const channelName = bot.channel ?? people.find(({ isYou }) => isYou)?.channel;
  const heardNames = listPanelNames(panel, 'Hearing');
  const seats = people
    .filter(({ channel }) => channel !== undefined && channel === channelName)
    .map((person) => ({
      ...person,
      isHeard: !panel || heardNames.includes(person.name),
    }));
  // While people may be answered, the second line is the activity or the name of a tool.
  const mayAnswer = buttons.some(({ customId }) => customId.endsWith(':ask'));
  const activity =
    lines.find((text) => activityLine.test(text)) ?? (mayAnswer ? lines[0] : undefined);
  // Marks on the faces say the same.
  const otherLines = lines.filter(
    (text) => text !== activity && !/^(?:Hearing|Not heard .*): /.test(text),
  );
  const isStop = (/** @type {RoomButton} */ { customId }) => customId.endsWith(':stop');
  const isKnown = isConnected && you !== '';
  const [mood, word] = isKnown
    ? findMood(state.room, panel, activity, seats)
    : [/** @type {const} */ ('away'), formatText('page.connecting')];
  return {
    mood,
    word,
    seats,
    headline:
      isKnown && !bot.channel && !panel
        ? formatText('page.nowhere')
        : findHeadline(state, headline),
    message: panel && {
      ...panel,
      text: otherLines.join('\n'),
      buttons: buttons.filter((button) => !isStop(button)),
    },
    stop: buttons.find(isStop),
  };
}

/**
 * Tests whether the bot hears a person now: it sits beside the person, and its panel names the person.
 * @param {RoomState} state
 * @param {string} name
 * @returns {boolean}
 */
export function isHeardNow(state, name) {
  const { bot, people } = state.room;
  const channel = people.find((person) => person.name === name)?.channel;
  const panel = findPanel(state);
  return (
    bot.channel !== undefined &&
    channel === bot.channel &&
    (!panel || listPanelNames(panel, 'Hearing').includes(name))
  );
}

/**
 * Finds the headline, for people beside the bot alone.
 * @param {RoomState} state
 * @param {string} headline
 * @returns {string}
 */
function findHeadline({ room: { bot, people } }, headline) {
  const you = people.find(({ isYou }) => isYou);
  return !bot.channel || !you || you.channel === bot.channel ? headline : '';
}

/**
 * Finds the mood, and its word.
 * @param {RoomState['room']} room
 * @param {RoomMessage | undefined} panel
 * @param {string | undefined} activity
 * @param {readonly Seat[]} seats
 * @returns {readonly [Mood, string]}
 */
function findMood({ bot, you }, panel, activity, seats) {
  if (!bot.channel) return ['away', formatText('page.away')];
  if (bot.speaks || activity?.startsWith('Speaking'))
    return ['speaking', formatText('page.speaking')];
  if (!panel || activity?.startsWith('Listening') || activity?.endsWith(' is speaking'))
    return ['listening', formatText('page.listening')];
  if (activity !== undefined) return ['thinking', formatText('page.thinking')];
  // After a no the panel does not name the person.
  const mayAgree = panel.buttons.some(({ customId }) =>
    customId.endsWith(':consent.always'),
  );
  const [unheard = mayAgree ? you : undefined] = listPanelNames(
    panel,
    'Not heard until they press Hear me',
  );
  if (unheard === undefined || seats.some(({ isHeard }) => isHeard))
    return ['waiting', formatText('page.paused')];
  return [
    'waiting',
    unheard === you
      ? formatText('page.waiting.you')
      : formatText('page.waiting', { name: unheard }),
  ];
}
