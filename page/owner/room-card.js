import { Component } from '/vendor/preact.js';
import {
  company,
  countWords,
  doing,
  duration,
  linkWords,
  place,
  queue,
  reception,
  spent,
} from './figures.js';
import { html } from './html.js';
import { SpendingView } from './spending-view.js';
import { StageTable } from './stage-table.js';

/**
 * One room, with what can be done there.
 * @param {{ room: import('./snapshot.js').Room, act: (action: string) => void, close?: () => void }} props
 */
export function RoomCard({ room, act, close }) {
  const { channelId, channelName, guildId, guildName, isMuted, stages, tracks, traffic } = room;
  const id = `room-${channelId}`;
  const facts = [
    ['Now', doing(room)],
    ['There', company(room)],
    ['Joined', `${duration(room.stayedMs)} ago`],
    ['Queue', queue(room)],
    ['Tracks', tracks.length === 0 ? 'none' : lines(tracks.map(sounding))],
    ['Captions', room.hasCaptions ? 'on' : 'off'],
    ['Budget today', spent(room.budget)],
    ['Engines', room.engine],
    ['Link', lines(linkWords(room))],
    ['Reception', reception(traffic)],
    ['Packets', traffic.counts ? lines(countWords(traffic.counts)) : 'none yet'],
  ];
  const leave = () => {
    if (confirm(`Send the bot out of ${channelName}?`)) act('leave');
  };
  return html`<section class="owner-card" aria-labelledby=${id}>
    <h2 id=${id} tabindex="-1" data-card=${guildId}>${channelName} <small>in ${guildName ?? `server ${guildId}`}</small></h2>
    <div class="row">
      <button type="button" onClick=${() => act('stop')} aria-label=${`Stop the bot's speech in ${channelName}`}>Stop</button>
      <button type="button" onClick=${() => act(isMuted ? 'unmute' : 'mute')} aria-label=${isMuted ? `Unmute: hear people in ${channelName} again` : `Mute: hear nobody in ${channelName}`}>
        ${isMuted ? 'Unmute' : 'Mute'}
      </button>
      <button type="button" class="style-4" onClick=${leave} aria-label=${`Leave ${channelName}`}>Leave</button>
      ${close && closeButton(close, `Close ${channelName} in ${guildName ?? guildId}`)}
    </div>
    <dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    <${StageTable} caption="Latest answers here" figures=${stages} />
    ${close && html`<${ServerSpending} key=${guildId} guildId=${guildId} />`}
  </section>`;
}

/**
 * One server in which the bot is in no voice channel, or which another process serves.
 * @param {{ server: import('./snapshot.js').Server, close: () => void }} props
 */
export function IdleCard({ server: { guildId, guildName, process }, close }) {
  const id = `server-${guildId}`;
  return html`<section class="owner-card" aria-labelledby=${id}>
    <h2 id=${id} tabindex="-1" data-card=${guildId}>${guildName}</h2>
    <div class="row">${closeButton(close, `Close ${guildName}`)}</div>
    <p>${process ? `The process ${process} serves this server: the page of that process shows more.` : 'The bot is in no voice channel here. Call it with /join.'}</p>
    <${ServerSpending} key=${guildId} guildId=${guildId} />
  </section>`;
}

/**
 * @param {() => void} close
 * @param {string} label
 */
function closeButton(close, label) {
  return html`<button type="button" class="owner-close" onClick=${close} aria-label=${label}>Close</button>`;
}

/** Spending of one server, read once somebody opens it. */
class ServerSpending extends Component {
  #isOpen = false;

  /** @override */
  render() {
    const { guildId } = /** @type {{ guildId: string }} */ (this.props);
    /** @param {Event & { currentTarget: HTMLDetailsElement }} event */
    const toggled = ({ currentTarget }) => {
      this.#isOpen = currentTarget.open;
      this.forceUpdate();
    };
    return html`<details class="owner-spending" onToggle=${toggled}>
      <summary>Spending over 90 days</summary>
      ${this.#isOpen && html`<${SpendingView} guildId=${guildId} />`}
    </details>`;
  }
}

/** @param {string[]} all */
function lines(all) {
  return html`<ul>${all.map((line) => html`<li>${line}</li>`)}</ul>`;
}

/** @param {import('./snapshot.js').Track} track */
function sounding({ name, title, positionMs, lengthMs, percent, isPaused, waiting }) {
  const at = positionMs === undefined ? '' : ` at ${place(positionMs)}`;
  const whole = lengthMs === undefined ? '' : ` of ${place(lengthMs)}`;
  const what = title === undefined ? 'silent' : `${title}${at}${whole}`;
  const rest = waiting === 0 ? '' : `, ${waiting} waiting`;
  return `${name}: ${what}, ${percent} %${isPaused ? ', paused' : ''}${rest}`;
}
