/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { Channel, Person } from './room-state.js' */
import { html } from './html.js';

/** Level of a quiet room on the level meter: -45 dB. */
const quietLevel = 0.25;

/**
 * Who is here and where, the way in, and words for somebody else to say.
 * @param {PageState} page
 * @param {RoomActions} actions
 */
export function peopleView(page, actions) {
  const { people, channels, bot } = page.room.room;
  const voice = channels.filter(({ kind }) => kind === 'voice');
  const outside = people.filter(({ channel }) => channel === undefined);
  return html`<section aria-labelledby="people">
    <h2 id="people">People</h2>
    ${voice.map((channel) => channelView(channel, page, actions))}
    ${outside.length > 0 && html`<h3>In no channel</h3><ul>${outside.map((person) => personView(person, page))}</ul>`}
    ${!bot.online && html`<p>${bot.name} is not online.</p>`}
    ${secondPerson(page, actions)}
  </section>`;
}

/**
 * @param {Channel} channel
 * @param {PageState} page
 * @param {RoomActions} actions
 */
function channelView({ name }, page, actions) {
  const { people, bot } = page.room.room;
  const here = people.filter(({ channel }) => channel === name);
  const isHere = here.some(({ isYou }) => isYou);
  return html`<div class="channel">
    <h3>${name}</h3>
    <ul>
      ${here.map((person) => personView(person, page))}
      ${bot.channel === name && speakerView({ name: bot.name, mark: 'bot', speaks: bot.speaks })}
    </ul>
    ${
      isHere
        ? html`<button type="button" onClick=${() => actions.leave()}>Leave ${name}</button>`
        : html`<button type="button" onClick=${() => actions.join(name)}>Join ${name}</button>`
    }
  </div>`;
}

/**
 * The person in front of the page, shown as speaking above the level of a quiet room.
 * @param {Person} person
 * @param {PageState} page
 */
function personView({ name, isYou, speaks }, { isTalking, level }) {
  if (!isYou) return speakerView({ name, mark: '', speaks });
  return speakerView({ name, mark: 'you', speaks: isTalking ? level > quietLevel : speaks });
}

/** @param {{ name: string, mark: string, speaks: boolean }} speaker */
function speakerView({ name, mark, speaks }) {
  return html`<li class=${speaks ? 'speaks' : ''}>
    ${name}${mark && html` <small>${mark}</small>`}${speaks && html` <small>speaks</small>`}
  </li>`;
}

/**
 * @param {PageState} page
 * @param {RoomActions} actions
 */
function secondPerson({ room }, actions) {
  const { people, channels } = room.room;
  const voice = channels.find(({ kind }) => kind === 'voice')?.name ?? '';
  /** @param {SubmitEvent & { currentTarget: HTMLFormElement & { text: HTMLInputElement } }} event */
  const say = (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = new FormData(form);
    const [person, text] = [`${fields.get('person')}`.trim(), `${fields.get('text')}`.trim()];
    const { channel } = people.find(({ name }) => name === person) ?? {};
    const does = event.submitter?.dataset.does;
    if (does === 'agree') return actions.agree(person);
    if (does === 'move') {
      return channel === undefined ? actions.join(voice, person) : actions.leave(person);
    }
    if (text === '') return;
    actions.typeFor(person, text);
    form.text.value = '';
  };
  return html`<form class="second" onSubmit=${say} aria-labelledby="second">
    <h3 id="second">Somebody else</h3>
    <label>Who <input name="person" autocomplete="off" defaultValue="Ben" maxlength="32" required/></label>
    <label>Says <input name="text" autocomplete="off" maxlength="500"/></label>
    <div class="row">
      <button type="submit">Say it</button>
      <button type="submit" data-does="agree">Agrees to be heard</button>
      <button type="submit" data-does="move">Comes or goes</button>
    </div>
  </form>`;
}
