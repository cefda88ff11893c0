/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { Channel, Engine, Person } from './room-types.js' */
/** @import { View } from './html.js' */
import { renderConnectButton } from './connect-view.js';
import { html } from './html.js';
import { renderLanguages } from './language-view.js';
import { renderManner } from './manner-view.js';
import { renderFace } from './message-view.js';
import { renderRunning } from './running-view.js';
import { renderSoundChoice } from './sound-view.js';
import { renderTakeAlong } from './talk-view.js';
import { formatText } from './texts.js';

/**
 * Renders the people and channels beside the conversation.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View}
 */
export function renderSide(page, actions) {
  const { people, channels } = page.room.room;
  const voiceChannels = channels.filter(({ kind }) => kind === 'voice');
  const outside = people.filter(({ channel }) => channel === undefined);
  return html`<div class="rail"><section class="running" aria-label=${formatText('page.running')}>${renderRunning(page, actions)}</section>
  <aside id="side" popover aria-label=${formatText('page.people')}>
    ${voiceChannels.map((channel) => renderChannel(channel, page, actions))}
    ${outside.length > 0 && html`<h2>${formatText('page.outside')}</h2><ul>${outside.map((person) => renderPerson(person, page))}</ul>`}
    ${renderSoundChoice(page, actions)}${renderManner(page, actions)}${renderTakeAlong(page, actions)}
    ${renderSecondPerson(page, actions)}
    <details><summary>${formatText('page.engines')}</summary>
      ${page.room.engines.map((engine) => html`<p>${describeEngine(engine)}</p>`)}
      <p>${formatText('page.engines.errors')}</p>
      <p>${renderConnectButton(actions)}</p>
    </details>
    ${renderLanguages(actions)}
  </aside></div>`;
}

/**
 * Renders a voice channel with its people.
 * @param {Channel} channel
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderChannel({ name, status }, page, actions) {
  const { people, bot } = page.room.room;
  const peopleHere = people.filter(({ channel }) => channel === name);
  const isHere = peopleHere.some(({ isYou }) => isYou);
  // The stage shows the people beside the bot.
  const isOnStage = bot.channel === name || (!bot.channel && isHere);
  return html`<div class="row"><h2><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 10v4h3l5 4V6l-5 4zM15.5 9.5a4 4 0 0 1 0 5M18 7a8 8 0 0 1 0 10"/></svg>${name}</h2>
      <button type="button" class="quiet" aria-label=${formatText(isHere ? 'page.leave.channel' : 'page.join.channel', { channel: name })}
        onClick=${() => (isHere ? actions.askRoom('leave', {}) : actions.join(name))}>${formatText(isHere ? 'page.leave' : 'page.join')}</button></div>
    ${status && html`<p class="status">${status}</p>`}
    ${!isOnStage && peopleHere.length > 0 && html`<ul>${peopleHere.map((person) => renderPerson(person, page))}</ul>`}`;
}

/**
 * Renders a person in a list.
 * @param {Person} person
 * @param {PageState} page
 * @returns {View}
 */
function renderPerson(person, { level, heardLevel }) {
  const { name, speaks, isYou } = person;
  return html`<li>${renderFace({ name, speaks, level: isYou ? level : heardLevel })} ${name}
    ${speaks && html`<span class="hidden">${formatText('page.speaks', { name })}</span>`}</li>`;
}

/**
 * Renders the form by which a second person speaks, agrees and moves.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderSecondPerson({ room }, actions) {
  const { people, channels } = room.room;
  const voiceChannel = channels.find(({ kind }) => kind === 'voice')?.name ?? '';
  /** @param {SubmitEvent & { currentTarget: HTMLFormElement & { text: HTMLInputElement } }} event */
  const performAct = (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = new FormData(form);
    const person = `${fields.get('person')}`.trim();
    const text = `${fields.get('text')}`.trim();
    const { channel } = people.find(({ name }) => name === person) ?? {};
    const does = event.submitter?.dataset.does;
    if (does === 'agree') return actions.agree(person);
    if (does === 'move') {
      return channel === undefined
        ? actions.join(voiceChannel, person)
        : void actions.askRoom('leave', { person });
    }
    if (text === '') return;
    void actions.askRoom('type', { person, text });
    form.text.value = '';
  };
  return html`<details><summary>${formatText('page.pretend')}</summary><form onSubmit=${performAct}>
    <label>${formatText('page.pretend.who')} <input name="person" autocomplete="off" defaultValue="Ben" maxlength="32" required/></label>
    <label>${formatText('page.pretend.says')} <input name="text" autocomplete="off" maxlength="500"/></label>
    <div class="row">
      <button type="submit">${formatText('page.pretend.say')}</button>
      <button type="submit" data-does="agree">${formatText('page.pretend.agrees')}</button>
      <button type="submit" data-does="move">${formatText('page.pretend.moves')}</button>
    </div>
  </form></details>`;
}

/** Texts by the role of an engine: its sentence, and the built-in one. */
const engineTexts = /** @type {const} */ ({
  'speech to text': ['page.engine.hears', 'page.engine.hears.local'],
  chat: ['page.engine.thinks', 'page.engine.thinks.local'],
  'text to speech': ['page.engine.speaks', 'page.engine.speaks.local'],
});

/**
 * Describes an engine in a sentence.
 * @param {Engine} engine
 * @returns {string}
 */
function describeEngine({ role, isLocal, what, voice }) {
  const [sentenceId, localId] = engineTexts[role];
  const name = isLocal ? formatText(localId) : what;
  const engine =
    voice === undefined
      ? name
      : formatText('page.engine.voice', { engine: name, voice });
  return formatText(sentenceId, { engine });
}
