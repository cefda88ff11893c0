/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { FoundServer, Reply } from './room-types.js' */
/** @import { View } from './html.js' */
import { openDialog } from './form-view.js';
import { html } from './html.js';

/**
 * The dialog that connects a model: it looks, lets one be chosen, tries it, and shows the outcome.
 * @typedef {object} ConnectState
 * @property {'looking' | 'choosing' | 'trying' | 'connected'} stage
 * @property {readonly FoundServer[]} [servers] programs with models on this machine
 * @property {readonly { name: string, start: string }[]} [stopped] programs that do not answer, and the commands that start them
 * @property {readonly string[]} [vendors] names of vendors that need a key
 * @property {string} [vendor] name of the vendor that is tried
 * @property {string} [roles] names of the roles that the connected server fills
 * @property {string} [why] the reason why the last try failed
 */

const texts = {
  button: 'Connect a model',
  looking: 'Looking for Ollama and the like on this machine ...',
  found: 'On this machine',
  nothing: 'No program with models answers on this machine.',
  start: 'Start one, then look again:',
  noModel: 'runs, and has no model yet.',
  again: 'Look again',
  keys: 'With a key',
  vendor: 'Service',
  key: 'Its key',
  keyNote:
    'The key goes into .env on this machine alone. A few short questions are asked with it.',
  connect: 'Connect',
  trying: 'Trying it. A local program may load its model first, which takes a while.',
  restart: 'Start the bot with it',
  close: 'Close',
  other: 'Any other server: npm run setup, in a terminal.',
};

/**
 * Renders the button that opens the dialog.
 * @param {Pick<RoomActions, 'openConnect'>} actions
 * @returns {View}
 */
export function renderConnectButton(actions) {
  return html`<button type="button" class="connect" onClick=${() => actions.openConnect()}>${texts.button}</button>`;
}

/**
 * Takes over a reply of the bot's process.
 * @param {ConnectState} state
 * @param {Reply} reply
 * @returns {ConnectState}
 */
export function stepConnect(state, reply) {
  if (!reply.ok) return { ...state, stage: 'choosing', why: reply.error };
  if (reply.outcome === 'connected')
    return { stage: 'connected', vendor: reply.server, roles: reply.roles };
  if (reply.outcome === 'refused')
    return { ...state, stage: 'choosing', why: reply.why };
  const { servers, stopped, vendors } = reply;
  return { stage: 'choosing', servers, stopped, vendors };
}

/**
 * Renders the dialog, if it is open.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View | undefined}
 */
export function renderConnect({ connect }, actions) {
  if (!connect) return undefined;
  return html`<dialog key="connect" ref=${openDialog} aria-labelledby="connect" onClose=${() => actions.closeConnect()}>
    <h2 id="connect">${texts.button}</h2>
    <div role="status">${renderStage(connect)}</div>
    ${connect.stage === 'choosing' && renderChoices(connect, actions)}
    <div class="row">
      ${connect.stage === 'connected' && html`<button type="button" class="main" onClick=${() => actions.restartBot()}>${texts.restart}</button>`}
      ${connect.stage === 'choosing' && html`<button type="button" onClick=${() => actions.openConnect()}>${texts.again}</button>`}
      <button type="button" onClick=${() => actions.closeConnect()}>${texts.close}</button></div>
  </dialog>`;
}

/**
 * Renders what happens now, or how the last try ended.
 * @param {ConnectState} connect
 * @returns {View | undefined}
 */
function renderStage({ stage, vendor, roles, why }) {
  if (stage === 'looking') return html`<p>${texts.looking}</p>`;
  if (stage === 'trying') return html`<p><b>${vendor}</b>: ${texts.trying}</p>`;
  if (stage === 'connected')
    return html`<p><b>${vendor}</b> works for ${roles}, and .env says so.</p>`;
  return why === undefined ? undefined : html`<pre class="why">${why}</pre>`;
}

/**
 * Renders the programs on this machine, and the services with a key.
 * @param {ConnectState} connect
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderChoices({ servers = [], stopped = [], vendors = [] }, actions) {
  return html`
    ${servers.length > 0 && html`<h3>${texts.found}</h3>${servers.map((server) => renderServer(server, actions))}`}
    ${
      servers.length === 0 &&
      html`<p>${texts.nothing} ${stopped.length > 0 && texts.start}</p>
      <ul>${stopped.map(({ name, start }) => html`<li>${name}: <code>${start}</code></li>`)}</ul>`
    }
    ${vendors.length > 0 && renderKeyForm(vendors, actions)}
    <p class="hint">${texts.other}</p>`;
}

/**
 * Renders a program and its models.
 * @param {FoundServer} server
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderServer({ name, models }, actions) {
  if (models.length === 0) return html`<p><b>${name}</b> ${texts.noModel}</p>`;
  /** @param {SubmitEvent & { currentTarget: HTMLFormElement }} event */
  const connect = (event) => {
    event.preventDefault();
    const model = `${new FormData(event.currentTarget).get('model')}`;
    actions.connectModel(name, { model });
  };
  return html`<form class="row" key=${name} onSubmit=${connect}>
    <label>${name} <select name="model">${models.map((model) => html`<option value=${model}>${model}</option>`)}</select></label>
    <button type="submit" class="main">${texts.connect}</button>
  </form>`;
}

/**
 * Renders the form for a service with a key. The key leaves the page once, and is shown nowhere.
 * @param {readonly string[]} vendors
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderKeyForm(vendors, actions) {
  /** @param {SubmitEvent & { currentTarget: HTMLFormElement }} event */
  const connect = (event) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const key = `${fields.get('key')}`.trim();
    actions.connectModel(`${fields.get('vendor')}`, { key });
  };
  return html`<h3>${texts.keys}</h3><form onSubmit=${connect}>
    <label>${texts.vendor} <select name="vendor">${vendors.map((name) => html`<option value=${name}>${name}</option>`)}</select></label>
    <label>${texts.key} <input name="key" type="password" required autocomplete="off" maxlength="1000"/></label>
    <p class="hint">${texts.keyNote}</p>
    <div class="row"><button type="submit">${texts.connect}</button></div>
  </form>`;
}
