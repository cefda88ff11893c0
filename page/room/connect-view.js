/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { FoundServer, Reply } from './room-types.js' */
/** @import { View } from './html.js' */
import { openDialog } from './form-view.js';
import { html } from './html.js';
import { formatPieces, formatText } from './texts.js';

/**
 * The dialog that connects a model: it looks, lets one be chosen, tries it, and shows the outcome.
 * @typedef {object} ConnectState
 * @property {'looking' | 'choosing' | 'trying' | 'connected'} stage
 * @property {readonly FoundServer[]} [servers] programs with models on this machine
 * @property {readonly { name: string, start: string }[]} [stopped] programs that do not answer, and the commands that start them
 * @property {readonly string[]} [vendors] names of vendors that need a key
 * @property {string} [vendor] name of the vendor that is tried
 * @property {string} [roles] names of the roles that the connected server fills
 * @property {string} [why] the reason why the last try failed, for operators, whose sentences are English
 */

/**
 * Renders the button that opens the dialog.
 * @param {Pick<RoomActions, 'openConnect'>} actions
 * @returns {View}
 */
export function renderConnectButton(actions) {
  return html`<button type="button" class="connect" onClick=${() => actions.openConnect()}>${formatText('page.connect.button')}</button>`;
}

/**
 * Takes over a reply of the bot's process.
 * @param {ConnectState} state
 * @param {Reply} reply
 * @returns {ConnectState}
 */
export function stepConnect(state, reply) {
  if (!reply.ok)
    return { ...state, stage: 'choosing', why: reply.cause ?? reply.error };
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
    <h2 id="connect">${formatText('page.connect.button')}</h2>
    <div role="status">${renderStage(connect)}</div>
    ${connect.stage === 'choosing' && renderChoices(connect, actions)}
    <div class="row">
      ${connect.stage === 'connected' && html`<button type="button" class="main" onClick=${() => actions.restartBot()}>${formatText('page.connect.restart')}</button>`}
      ${connect.stage === 'choosing' && html`<button type="button" onClick=${() => actions.openConnect()}>${formatText('page.connect.again')}</button>`}
      <button type="button" onClick=${() => actions.closeConnect()}>${formatText('page.connect.close')}</button></div>
  </dialog>`;
}

/**
 * Renders what happens now, or how the last try ended.
 * @param {ConnectState} connect
 * @returns {View | undefined}
 */
function renderStage({ stage, vendor, roles, why }) {
  if (stage === 'looking') return html`<p>${formatText('page.connect.looking')}</p>`;
  if (stage === 'trying')
    return html`<p><b>${vendor}</b>: ${formatText('page.connect.trying')}</p>`;
  if (stage === 'connected')
    return html`<p>${formatPieces('page.connect.works', { vendor: html`<b>${vendor}</b>`, roles, file: html`<code>.env</code>` })}</p>`;
  return why === undefined ? undefined : html`<pre class="why" lang="en">${why}</pre>`;
}

/**
 * Renders the programs on this machine, and the services with a key.
 * @param {ConnectState} connect
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderChoices({ servers = [], stopped = [], vendors = [] }, actions) {
  return html`
    ${servers.length > 0 && html`<h3>${formatText('page.connect.found')}</h3>${servers.map((server) => renderServer(server, actions))}`}
    ${
      servers.length === 0 &&
      html`<p>${formatText('page.connect.nothing')} ${stopped.length > 0 && formatText('page.connect.start')}</p>
      <ul>${stopped.map(({ name, start }) => html`<li>${name}: <code>${start}</code></li>`)}</ul>`
    }
    ${vendors.length > 0 && renderKeyForm(vendors, actions)}
    <p class="hint">${formatPieces('page.connect.other', { command: html`<code>npm run setup</code>` })}</p>`;
}

/**
 * Renders a program and its models.
 * @param {FoundServer} server
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderServer({ name, models }, actions) {
  if (models.length === 0)
    return html`<p><b>${name}</b> ${formatText('page.connect.noModel')}</p>`;
  /** @param {SubmitEvent & { currentTarget: HTMLFormElement }} event */
  const connect = (event) => {
    event.preventDefault();
    const model = `${new FormData(event.currentTarget).get('model')}`;
    actions.connectModel(name, { model });
  };
  return html`<form class="row" key=${name} onSubmit=${connect}>
    <label>${name} <select name="model">${models.map((model) => html`<option value=${model}>${model}</option>`)}</select></label>
    <button type="submit" class="main">${formatText('page.connect.connect')}</button>
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
  return html`<h3>${formatText('page.connect.keys')}</h3><form onSubmit=${connect}>
    <label>${formatText('page.connect.vendor')} <select name="vendor">${vendors.map((name) => html`<option value=${name}>${name}</option>`)}</select></label>
    <label>${formatText('page.connect.key')} <input name="key" type="password" required autocomplete="off" maxlength="1000"/></label>
    <p class="hint">${formatText('page.connect.keyNote')}</p>
    <div class="row"><button type="submit">${formatText('page.connect.connect')}</button></div>
  </form>`;
}
