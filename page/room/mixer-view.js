/** @import { Fader } from './facts.js' */
/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { View } from './html.js' */
import { formatTime, maxPercent, readFaders } from './facts.js';
import { html } from './html.js';
import { formatText } from './texts.js';

const icons = {
  pause: 'M8 6v12M16 6v12',
  resume: 'M8 5l11 7-11 7z',
  mute: 'M4 10v4h3l5 4V6l-5 4zM16 9.5a4 4 0 0 1 0 5',
  unmute: 'M4 10v4h3l5 4V6l-5 4zM16 9l5 6M21 9l-5 6',
  skip: 'M6 5l9 7-9 7zM18 6v12',
};

/**
 * Renders the tracks as faders, with the level that is heard behind each.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View | undefined}
 */
export function renderMixer(page, actions) {
  const { facts, nowMs } = page;
  const faders = readFaders(facts, nowMs);
  if (!faders.some(({ isBusy }) => isBusy)) return undefined;
  return html`<section class="mixer" aria-label=${formatText('page.tracks')}>
    <h2>${formatText('page.tracks')}</h2>
    <ul>${faders.map((fader) => renderFader(fader, page, actions))}</ul></section>`;
}

/**
 * Renders one track.
 * @param {Fader} fader
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderFader(fader, { room, trackRefusal, wantedVolumes }, actions) {
  const { isDucked, isMuted, isPaused, isVoice, level, name, percent, title } = fader;
  const volume = wantedVolumes[name] ?? percent;
  const { name: bot } = room.room.bot;
  const label = isVoice ? formatText('page.track.voice', { bot }) : name;
  /** @param {{ currentTarget: HTMLInputElement }} event */
  const move = ({ currentTarget: { valueAsNumber } }) =>
    void actions.tracks.setVolume(name, valueAsNumber);
  const state = [
    `${volume} %`,
    isMuted && formatText('page.muted'),
    isPaused && formatText('page.track.paused'),
    isDucked && formatText('page.track.ducked'),
  ];
  const stateText = state.filter(Boolean).join(', ');
  return html`<li key=${name} class=${`fader${isDucked ? ' ducked' : ''}${isMuted ? ' muted' : ''}`}>
    <div class="row"><b>${label}</b>${title && html`<span class="title" aria-live="polite">${title}</span>`}
      ${isVoice ? undefined : renderButtons(fader, actions)}</div>
    <div class="slide" style=${{ '--level': level, '--at': volume / maxPercent }}>
      <input type="range" min="0" max=${maxPercent} step="5" value=${volume}
        aria-label=${formatText('page.track.volume', { track: label })} aria-valuetext=${stateText} onInput=${move}/></div>
    ${renderProgress(fader)}
    <div class="row small"><span>${stateText}</span><span>${formatProgress(fader)}</span></div>
    <p role="status" class="refusal">${trackRefusal?.track === name && trackRefusal.text}</p></li>`;
}

/**
 * Renders the buttons of a track.
 * @param {Fader} fader
 * @param {RoomActions} actions
 * @returns {readonly View[]}
 */
function renderButtons({ isMuted, isPaused, name }, { tracks }) {
  const pause = isPaused ? 'resume' : 'pause';
  const mute = isMuted ? 'unmute' : 'mute';
  const buttons = /** @type {const} */ ([
    {
      act: pause,
      icon: pause,
      label: formatText('page.track.pause', { track: name }),
      isPressed: isPaused,
    },
    {
      act: mute,
      icon: mute,
      label: formatText('page.track.mute', { track: name }),
      isPressed: isMuted,
    },
    {
      act: 'skip',
      icon: 'skip',
      label: formatText('page.track.skip', { track: name }),
      isPressed: undefined,
    },
  ]);
  return buttons.map(
    ({ act, icon, label, isPressed }) =>
      html`<button type="button" class="icon" aria-label=${label} title=${label} aria-pressed=${isPressed === undefined ? undefined : `${isPressed}`}
        onClick=${() => tracks.change(name, act)}><svg viewBox="0 0 24 24" aria-hidden="true"><path d=${icons[icon]}/></svg></button>`,
  );
}

/**
 * Renders the part of a sound that was played as a line. A sound without a length has none.
 * @param {Fader} fader
 * @returns {View | undefined}
 */
function renderProgress({ lengthMs, positionMs }) {
  if (positionMs === undefined || !lengthMs) return undefined;
  return html`<div class="progress" style=${{ '--share': positionMs / lengthMs }}></div>`;
}

/**
 * Formats how far a sound is, and how many wait behind it.
 * @param {Fader} fader
 * @returns {string}
 */
function formatProgress({ isLooping, lengthMs, positionMs, waiting }) {
  if (positionMs === undefined) return '';
  const time = [positionMs, ...(lengthMs === undefined ? [] : [lengthMs])]
    .map(formatTime)
    .join(' / ');
  const more =
    waiting > 0 ? ` · ${formatText('page.track.waiting', { n: waiting })}` : '';
  return `${isLooping ? `↻ ${time}` : time}${more}`;
}
