/** @import { PageState, RoomActions } from './room-actions.js' */
import { html } from './html.js';

/** Questions to begin with, by the words on their buttons. */
const chips = Object.entries({
  'What time is it?': 'What time is it?',
  'Set a timer': 'Set a timer for one minute',
  'Play rain': 'Play rain',
  'Interrupt me': 'Count to twelve',
});

/**
 * The microphone, and the line that asks or commands.
 * @param {PageState} page
 * @param {RoomActions} actions
 */
export function composerView(page, actions) {
  const { room, notice, line, suggestions, picked, fileOption, isMicrophoneOpen, level } = page;
  const { isOpenTalk, isTalking } = page;
  const isOpen = suggestions.length > 0;
  /** @param {SubmitEvent} event */
  const send = (event) => {
    event.preventDefault();
    actions.send();
  };
  return html`<form class="composer" onSubmit=${send}>
    <p role="status" class="notice">${notice}</p>
    <div class="row chips">${chips.map(
      ([label, words]) =>
        html`<button type="button" onClick=${() => actions.send(words)}>${label}</button>`,
    )}</div>
    ${
      fileOption !== undefined &&
      html`<label>File for ${fileOption}: <input type="file" onChange=${(
        /** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget },
      ) => {
        const [file] = currentTarget.files ?? [];
        if (file) actions.file(file);
      }}/></label>`
    }
    <div class="entry">
      <button type="button" id="microphone" aria-pressed=${`${isMicrophoneOpen}`} style=${{ '--level': isTalking ? level : 0 }}
        onClick=${() => actions.microphone()}>
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zM6 11v1a6 6 0 0 0 12 0v-1M12 18v3"/></svg>
        Microphone</button>
      <label for="line" class="hidden">Ask, or / for a command</label>
      <input id="line" value=${line} autocomplete="off" maxlength="2000" role="combobox" aria-autocomplete="list"
        placeholder=${`Ask ${room.room.bot.name}, or / for commands`}
        aria-expanded=${`${isOpen}`} aria-controls="suggestions"
        aria-activedescendant=${isOpen && picked >= 0 ? `suggestion-${picked}` : undefined}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => actions.lineKey(event)}
        onInput=${(/** @type {{ currentTarget: HTMLInputElement }} */ event) => actions.typed(event.currentTarget.value)}/>
      <button type="submit" id="send" aria-label="Send"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M5 12h14M13 6l6 6-6 6"/></svg></button>
      <ul id="suggestions" class="suggestions" role="listbox" aria-label="Suggestions" hidden=${!isOpen}>
        ${suggestions.map(
          (
            { label, description, line: whole },
            n,
          ) => html`<li key=${whole} id=${`suggestion-${n}`} role="option"
            aria-selected=${`${n === picked}`} onClick=${() => actions.typed(whole)}>
            <b>${label}</b> <span>${description}</span></li>`,
        )}
      </ul>
    </div>
    ${
      isMicrophoneOpen &&
      html`<div class="row">
        <label><input type="checkbox" checked=${!isOpenTalk} onChange=${() => actions.openTalk(!isOpenTalk)}/> Hold Space to talk</label>
        ${
          !isOpenTalk &&
          html`<button type="button" id="talk" aria-pressed=${`${isTalking}`}
          onPointerDown=${() => actions.talk(true)} onPointerUp=${() => actions.talk(false)}
          onPointerLeave=${() => actions.talk(false)}>Talk</button>`
        }
      </div>`
    }
  </form>`;
}
