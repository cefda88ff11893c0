/** @import { PanelFacts, Person, RoomButton, RoomMessage, RoomState } from './room-types.js' */
import { findPanel, findPanelFacts } from './room-state.js';
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

/** Buttons of the panel for tracks, each of which has buttons of its own beside its fader. */
const mixerButton = /:track\./;

/**
 * Describes the stage by the facts of the panel and the room.
 * @param {RoomState} state
 * @param {boolean} isConnected
 * @returns {Stage}
 */
export function readStage(state, isConnected) {
  const { bot, people, you } = state.room;
  const panel = findPanel(state);
  const facts = findPanelFacts(state);
  // A bot that has left says so in its last message alone.
  const [headline = '', ...notes] = facts
    ? [facts.headline, ...facts.notes]
    : (panel?.text.split('\n') ?? []);
  const buttons = panel?.buttons ?? [];
  const channelName = bot.channel ?? people.find(({ isYou }) => isYou)?.channel;
  const heardNames = facts?.people.flatMap(({ name, isHeard }) =>
    isHeard ? [name] : [],
  );
  const seats = people
    .filter(({ channel }) => channel !== undefined && channel === channelName)
    .map((person) => ({
      ...person,
      isHeard: heardNames?.includes(person.name) ?? true,
    }));
  const isStop = (/** @type {RoomButton} */ { customId }) => customId.endsWith(':stop');
  const isKnown = isConnected && you !== '';
  const [mood, word] = isKnown
    ? findMood(state.room, facts)
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
      text: notes.join('\n'),
      buttons: buttons.filter(
        (button) => !isStop(button) && !mixerButton.test(button.customId),
      ),
    },
    stop: buttons.find(isStop),
  };
}

/**
 * Tests whether the bot hears a person now: it sits beside the person, and hears the person by the facts of its panel.
 * @param {RoomState} state
 * @param {string} name
 * @returns {boolean}
 */
export function isHeardNow({ panel, room }, name) {
  const { bot, people } = room;
  const channel = people.find((person) => person.name === name)?.channel;
  const isBeside = bot.channel !== undefined && channel === bot.channel;
  const presence = panel?.people.find((person) => person.name === name);
  return isBeside && (!panel || presence?.isHeard === true);
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
 * @param {PanelFacts | undefined} facts
 * @returns {readonly [Mood, string]}
 */
function findMood({ bot, you }, facts) {
  if (!bot.channel) return ['away', formatText('page.away')];
  if (bot.speaks) return ['speaking', formatText('page.speaking')];
  const mood = facts?.mood ?? 'listening';
  return [mood, mood === 'waiting' ? nameWait(you, facts) : formatText(`page.${mood}`)];
}

/**
 * Says for whom the bot waits, where nobody is heard and somebody has not agreed.
 * @param {string} you
 * @param {PanelFacts | undefined} facts
 * @returns {string}
 */
function nameWait(you, facts) {
  const { people = [] } = facts ?? {};
  const unheard =
    people.find(({ answer }) => answer === 'undecided') ??
    people.find(({ answer }) => answer === 'refused');
  if (unheard === undefined || people.some(({ isHeard }) => isHeard))
    return formatText('page.paused');
  return unheard.name === you
    ? formatText('page.waiting.you')
    : formatText('page.waiting', { name: unheard.name });
}
