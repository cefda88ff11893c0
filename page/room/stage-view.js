/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { SoundGate } from './sound/sound-gate.js' */
/** @import { Seat, Stage } from './stage.js' */
/** @import { View } from './html.js' */
import { renderConnectButton, renderFetch } from './connect-view.js';
import { html } from './html.js';
import { renderMarkdown } from './markdown-view.js';
import { renderBotFace, renderFace, renderMessage } from './message-view.js';
import { listSilences } from './room-state.js';
import { isSoundMissing } from './sound/sound-gate.js';
import { isHeardNow, readStage } from './stage.js';
import { formatPieces, formatText } from './texts.js';

/**
 * Renders the panel: people around the bot, its mood, and the microphone.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View}
 */
export function renderStage(page, actions) {
  const { room, heardLevel, isConnected, isSounding, soundGate } = page;
  const { bot } = room.room;
  const stage = readStage(room, isConnected);
  const { mood, word, headline, message, seats, stop } = stage;
  const onStop = () =>
    message &&
    stop &&
    actions.askRoom('press', { messageId: message.id, customId: stop.customId });
  return html`<section class=${`stage ${mood}`} aria-label=${formatText('page.panel')}>
    <div class="seats" style=${{ '--ear': findEarLevel(page, stage) }}>
      <ul aria-label=${formatText('page.people.here')}>${seats.map((seat) => renderSeat(seat, page))}</ul>
      <div class=${`orb${bot.speaks ? ' speaks' : ''}`} style=${{ '--level': heardLevel, '--look': findLookSide(stage) }}>
        <i></i><i></i>${renderBotFace()}
        ${bot.speaks && html`<span class="hidden">${formatText('page.speaks', { name: bot.name })}</span>`}
      </div>
    </div>
    <hgroup><h1>${bot.name}</h1><p role="status" class="mood">${word}</p></hgroup>
    <div class="headline">${renderMarkdown(headline)}</div>
    <div class="act">
      <button type="button" class="people" popovertarget="side" aria-label=${formatText('page.people')}>
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3 19a6 6 0 0 1 12 0M16 5.5a3 3 0 0 1 0 5.2M18 14.5a6 6 0 0 1 3 4.5"/></svg></button>
      ${renderMicrophone(page, actions)}
      ${
        stop &&
        isSounding &&
        html`<button type="button" class="stop" onClick=${onStop}>
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 7h10v10H7z"/></svg><span>${stop.label}</span></button>`
      }</div>
    <div class="invite"><div role="status">${isSoundMissing(soundGate) && renderHearButton(soundGate)}</div>
      ${!isSoundMissing(soundGate) && renderInvitation(page, actions)}</div>
    ${room.fetching && html`<div class="hint" role="status">${renderFetch(room.fetching)}</div>`}
    ${!room.hasChatModel && html`<p class="hint">${renderConnectButton(actions)}</p>`}
    <div role="status">${listSilences(room).map(
      ({ text, label, does, target }) => html`<p class="notice">${text}
        <button type="button" onClick=${() => actions[does](target)}>${label}</button></p>`,
    )}</div>
    <div class="told">${message && renderMessage(message, room.room, actions)}</div>
  </section>`;
}

/**
 * Renders what invites to talk: a sentence, or the choice of how.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderInvitation(page, actions) {
  return page.isMicrophoneOpen
    ? renderTalkChoice(page, actions)
    : html`<p class="hint">${formatText('page.microphone.off')}</p>`;
}

/**
 * Renders the button that lets the page sound. Any press does so: the page asks at each one.
 * @param {SoundGate} soundGate
 * @returns {View}
 */
function renderHearButton(soundGate) {
  return html`${soundGate === 'silent' && html`<p>${formatText('page.hear.silent')}</p>`}
    <button type="button" class="hear main"><svg viewBox="0 0 24 24" aria-hidden="true"><path d=${loudspeaker}/></svg> ${formatText('page.hear')}</button>`;
}

const loudspeaker = 'M4 10v4h3l5 4V6l-5 4zM15.5 9.5a4 4 0 0 1 0 5M18 7a8 8 0 0 1 0 10';

/**
 * Renders a person beside the bot.
 * @param {Seat} seat
 * @param {PageState} page
 * @returns {View}
 */
function renderSeat(
  { name, isYou, speaks, isHeard },
  { level, heardLevel, isMicrophoneOpen },
) {
  const mark = isHeard
    ? isYou && !isMicrophoneOpen && formatText('page.muted')
    : formatText('page.unheard');
  const caption = [isYou && formatText('page.you'), mark].filter(Boolean).join(' · ');
  return html`<li key=${name} class=${isHeard ? '' : 'unheard'}>
    ${renderFace({ name, speaks, level: isYou ? level : heardLevel })}
    ${mark && html`<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><path d=${isHeard ? microphoneOff : earOff}/></svg>`}
    <b>${name}</b><small>${caption}</small>
    ${speaks && html`<span class="hidden">${formatText('page.speaks', { name })}</span>`}</li>`;
}

const microphoneOn =
  'M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zM6 11v1a6 6 0 0 0 12 0v-1M12 18v3';
const microphoneOff =
  'M4 4l16 16M9 9v3a3 3 0 0 0 4.5 2.6M15 11V6a3 3 0 0 0-5.7-1.3M6 11v1a6 6 0 0 0 9.5 4.9M18 11v1M12 18v3';
const earOff = 'M4 4l16 16M8 8v4a4 4 0 0 0 2 3.5V18a2 2 0 0 0 4 0M16 13a5 5 0 0 0-7-7';

/**
 * Finds the loudness of heard people, 0 to 1.
 * @param {PageState} page
 * @param {Stage} stage
 * @returns {number}
 */
function findEarLevel({ level, heardLevel }, { seats }) {
  const speaker = seats.find(({ speaks, isHeard }) => speaks && isHeard);
  return speaker ? (speaker.isYou ? level : heardLevel) : 0;
}

/**
 * Finds the side of the speaker: -1 is left, 1 is right, 0 is nobody.
 * @param {Stage} stage
 * @returns {number}
 */
function findLookSide({ seats }) {
  const seatIndex = seats.findIndex(({ speaks }) => speaks);
  return seatIndex < 0 ? 0 : seatIndex % 2 === 0 ? -1 : 1;
}

/**
 * Renders the button that opens or closes the microphone.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderMicrophone({ isMicrophoneOpen, isTalking, level, room }, actions) {
  const isHeard = isHeardNow(room, room.room.you);
  return html`<button type="button" id="microphone" class=${isHeard ? '' : 'unheard'} aria-label=${formatText('page.microphone')} aria-pressed=${`${isMicrophoneOpen}`}
    style=${{ '--level': isTalking && isHeard ? level : 0 }} onClick=${() => actions.toggleMicrophone()}>
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d=${isMicrophoneOpen ? microphoneOn : microphoneOff}/></svg></button>`;
}

/**
 * Renders the choice between an open microphone and holding a key.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderTalkChoice({ isOpenTalk, isTalking }, actions) {
  return html`<div class="row hold">
    <label><input type="checkbox" checked=${!isOpenTalk} onChange=${() => actions.setOpenTalk(!isOpenTalk)}/> ${formatPieces('page.hold', { key: html`<span class="key">${formatText('page.space')} </span>` })}</label>
    ${
      !isOpenTalk &&
      html`<button type="button" id="talk" aria-pressed=${`${isTalking}`}
      onPointerDown=${() => actions.setTalking(true)} onPointerUp=${() => actions.setTalking(false)}
      onPointerLeave=${() => actions.setTalking(false)}>${formatText('page.talk')}</button>`
    }</div>`;
}
