/** @import { PageState, RoomActions } from './room-actions.js' */
import { html } from './html.js';

/**
 * The microphone: button, level, and how it is spoken into.
 * @param {PageState} page
 * @param {RoomActions} actions
 */
export function voiceView({ isMicrophoneOpen, level, isOpenTalk, isTalking, listens }, actions) {
  const percent = Math.round(level * 100);
  return html`<section aria-labelledby="voice">
    <h2 id="voice">Your voice</h2>
    <div class="row">
      <button type="button" id="microphone" aria-pressed=${`${isMicrophoneOpen}`}
        onClick=${() => actions.microphone()}>Microphone</button>
      ${!listens && html`<button type="button" onClick=${() => actions.listen()}>Listen only</button>`}
    </div>
    <label>Level <meter min="0" max="100" value=${percent}>${percent} %</meter></label>
    <fieldset>
      <legend>You are heard</legend>
      <label><input type="radio" name="talk" checked=${!isOpenTalk}
        onChange=${() => actions.openTalk(false)}/> while Space or Talk is held</label>
      <label><input type="radio" name="talk" checked=${isOpenTalk}
        onChange=${() => actions.openTalk(true)}/> all the time</label>
    </fieldset>
    <button type="button" id="talk" class="talk" aria-pressed=${`${isTalking}`}
      disabled=${!isMicrophoneOpen || isOpenTalk}
      onPointerDown=${() => actions.talk(true)} onPointerUp=${() => actions.talk(false)}
      onPointerLeave=${() => actions.talk(false)}>Talk</button>
  </section>`;
}
