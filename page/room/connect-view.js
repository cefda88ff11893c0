/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { FoundServer, LocalOffer, ModelFetch, Reply } from './room-types.js' */
/** @import { View } from './html.js' */
import { openDialog } from './form-view.js';
import { html } from './html.js';
import { formatPieces, formatText, getLocale } from './texts.js';

/**
 * The dialog that connects a model: it looks, lets one be chosen, tries it, and shows the outcome.
 * @typedef {object} ConnectState
 * @property {'looking' | 'choosing' | 'trying' | 'connected' | 'removed'} stage
 * @property {readonly FoundServer[]} [servers] programs with models on this machine
 * @property {readonly { name: string, start: string }[]} [stopped] programs that do not answer, and the commands that start them
 * @property {readonly string[]} [vendors] names of vendors that need a key
 * @property {readonly LocalOffer[]} [offers] models that the bot can fetch and run here
 * @property {string} [chosen] the model of this machine that the settings name
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
  if (reply.outcome === 'removed') return { stage: 'removed' };
  if (reply.outcome === 'refused')
    return { ...state, stage: 'choosing', why: reply.why };
  const { chosen, local, servers, stopped, vendors } = reply;
  return {
    stage: 'choosing',
    servers,
    stopped,
    vendors,
    offers: local?.models,
    chosen,
  };
}

/**
 * Renders the dialog, if it is open.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View | undefined}
 */
export function renderConnect({ connect, room }, actions) {
  if (!connect) return undefined;
  return html`<dialog key="connect" ref=${openDialog} aria-labelledby="connect" onClose=${() => actions.closeConnect()}>
    <h2 id="connect">${formatText('page.connect.button')}</h2>
    <div role="status">${renderStage(connect)}</div>
    ${room.fetching && renderFetch(room.fetching)}
    ${connect.stage === 'choosing' && renderChoices(connect, actions)}
    <div class="row">
      ${(connect.stage === 'connected' || connect.stage === 'removed') && html`<button type="button" class="main" onClick=${() => actions.restartBot()}>${formatText('page.connect.restart')}</button>`}
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
  if (stage === 'removed') return html`<p>${formatText('page.connect.removed')}</p>`;
  return why === undefined ? undefined : html`<pre class="why" lang="en">${why}</pre>`;
}

/**
 * Renders the programs on this machine, and the services with a key.
 * @param {ConnectState} connect
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderChoices(connect, actions) {
  const { servers = [], stopped = [], vendors = [] } = connect;
  return html`
    ${servers.length > 0 && html`<h3>${formatText('page.connect.found')}</h3>${servers.map((server) => renderServer(server, actions))}`}
    ${renderLocal(connect, actions)}
    ${
      servers.length === 0 &&
      html`<p>${formatText('page.connect.nothing')} ${stopped.length > 0 && formatText('page.connect.start')}</p>
      <ul>${stopped.map(({ name, start }) => html`<li>${name}: <code>${start}</code></li>`)}</ul>`
    }
    ${vendors.length > 0 && renderKeyForm(vendors, actions)}
    <p class="hint">${formatPieces('page.connect.other', { command: html`<code>npm run setup</code>` })}</p>`;
}

/**
 * Renders how much of a chat model is fetched.
 * @param {ModelFetch} fetching
 * @returns {View}
 */
export function renderFetch({ minutes, percent }) {
  return html`<p>${formatText('page.connect.progress', { percent, minutes: String(minutes ?? '?') })}</p>`;
}

/**
 * Renders the models that the bot can fetch and run here, or the one that it runs.
 * @param {ConnectState} connect
 * @param {RoomActions} actions
 * @returns {View | undefined}
 */
function renderLocal({ chosen, offers = [] }, actions) {
  if (chosen !== undefined)
    return html`<h3>${formatText('page.connect.here')}</h3>
    <div class="row"><b>${chosen}</b>
      <button type="button" onClick=${() => actions.chooseLocalModel(undefined)}>${formatText('page.connect.remove')}</button></div>`;
  if (offers.length === 0) return undefined;
  return html`<h3>${formatText('page.connect.here')}</h3>
    <p class="hint">${formatText('page.connect.here.note')}</p>
    ${offers.map((offer) => renderOffer(offer, actions))}`;
}

/**
 * Renders a model with all that it takes, and the button that chooses it.
 * @param {LocalOffer} offer
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderOffer(offer, actions) {
  const { bytes, languages, licence, memoryBytes, name, tokensPerSecond } = offer;
  const names = new Intl.DisplayNames([getLocale()], { type: 'language' });
  const facts = {
    file: formatGigabytes(bytes),
    memory: formatGigabytes(memoryBytes),
    tokens: tokensPerSecond,
    licence,
  };
  return html`<div class="row" key=${name}>
    <p><b>${name}</b>: ${formatText('page.connect.here.facts', facts)} ${languages.map((tag) => names.of(tag) ?? tag).join(', ')}</p>
    <button type="button" class="main" aria-label=${`${formatText('page.connect.connect')}: ${name}`} onClick=${() => actions.chooseLocalModel(name)}>${formatText('page.connect.connect')}</button>
  </div>`;
}

/**
 * Formats a size for people.
 * @param {number} bytes
 * @returns {string}
 */
function formatGigabytes(bytes) {
  const gigabytes = bytes / 1e9;
  return new Intl.NumberFormat(getLocale(), {
    style: 'unit',
    unit: 'gigabyte',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  }).format(gigabytes);
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
