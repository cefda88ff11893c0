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
export function renderMixer({ facts, nowMs, room, wantedVolumes }, actions) {
  const faders = readFaders(facts, nowMs);
  if (faders.length === 0 || !room.room.bot.channel) return undefined;
  return html`<section class="mixer" aria-label=${formatText('page.tracks')}>
    <h2>${formatText('page.tracks')}</h2>
    <ul>${faders.map((fader) => renderFader(fader, wantedVolumes[fader.name], room.room.bot.name, actions))}</ul></section>`;
}

/**
 * Renders one track.
 * @param {Fader} fader
 * @param {number | undefined} wanted volume that is on its way
 * @param {string} botName
 * @param {RoomActions} actions
 * @returns {View}
 */
function renderFader(fader, wanted, botName, actions) {
  const { isDucked, isMuted, isPaused, isVoice, level, name, percent, title } = fader;
  const volume = wanted ?? percent;
  const label = isVoice ? formatText('page.track.voice', { bot: botName }) : name;
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
    <div class="row"><b>${label}</b>${title && html`<span class="title">${title}</span>`}
      ${isVoice ? undefined : renderButtons(fader, actions)}</div>
    <div class="slide" style=${{ '--level': level, '--at': volume / maxPercent }}>
      <input type="range" min="0" max=${maxPercent} step="5" value=${volume}
        aria-label=${formatText('page.track.volume', { track: label })} aria-valuetext=${stateText} onInput=${move}/></div>
    <div class="row small"><span>${stateText}</span>${renderProgress(fader)}</div></li>`;
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
 * Renders how far a sound is.
 * @param {Fader} fader
 * @returns {View | undefined}
 */
function renderProgress({ isLooping, lengthMs, positionMs, waiting }) {
  if (positionMs === undefined) return undefined;
  const time = [positionMs, ...(lengthMs === undefined ? [] : [lengthMs])]
    .map(formatTime)
    .join(' / ');
  const more = waiting > 0 && formatText('page.track.waiting', { n: waiting });
  const share = lengthMs ? positionMs / lengthMs : 0;
  return html`<span class="progress" style=${{ '--share': share }}>${isLooping ? `↻ ${time}` : time}${more && ` · ${more}`}</span>`;
}
