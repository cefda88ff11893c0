/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { Channel, Person } from './room-types.js' */
/** @import { View } from './html.js' */
import { renderConnectButton } from './connect-view.js';
import { html } from './html.js';
import { renderFace } from './message-view.js';

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
  return html`<aside id="side" popover aria-label="People">
    ${voiceChannels.map((channel) => renderChannel(channel, page, actions))}
    ${outside.length > 0 && html`<h2>In no channel</h2><ul>${outside.map((person) => renderPerson(person, page))}</ul>`}
    ${renderSecondPerson(page, actions)}
    <details><summary>What hears and speaks</summary>
      ${page.room.engines.map((sentence) => html`<p>${sentence}</p>`)}
      <p>The built-in recogniser gets one word in fifty of a clear speaker wrong, and three in ten of a strong accent.</p>
      <p>${renderConnectButton(actions)}</p>
    </details>
  </aside>`;
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
      <button type="button" aria-label=${`${isHere ? 'Leave' : 'Join'} ${name}`}
        onClick=${() => (isHere ? actions.askRoom('leave', {}) : actions.join(name))}>${isHere ? 'Leave' : 'Join'}</button></div>
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
    ${speaks && html`<span class="hidden">${name} speaks</span>`}</li>`;
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
  return html`<details><summary>Add a pretend person</summary><form onSubmit=${performAct}>
    <label>Who <input name="person" autocomplete="off" defaultValue="Ben" maxlength="32" required/></label>
    <label>Says <input name="text" autocomplete="off" maxlength="500"/></label>
    <div class="row">
      <button type="submit">Say it</button>
      <button type="submit" data-does="agree">Agrees to be heard</button>
      <button type="submit" data-does="move">Joins or leaves</button>
    </div>
  </form></details>`;
}
