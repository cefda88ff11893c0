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
import { StageTable } from './stage-table.js';

/**
 * One room, with what can be done there.
 * @param {{ room: import('./snapshot.js').Room, act: (action: string) => void }} props
 */
export function RoomCard({ room, act }) {
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
    <h2 id=${id}>${channelName} <small>in ${guildName ?? `server ${guildId}`}</small></h2>
    <div class="row">
      <button type="button" onClick=${() => act('stop')} aria-label=${`Stop the bot's speech in ${channelName}`}>Stop</button>
      <button type="button" onClick=${() => act(isMuted ? 'unmute' : 'mute')} aria-label=${isMuted ? `Unmute: hear people in ${channelName} again` : `Mute: hear nobody in ${channelName}`}>
        ${isMuted ? 'Unmute' : 'Mute'}
      </button>
      <button type="button" class="style-4" onClick=${leave} aria-label=${`Leave ${channelName}`}>Leave</button>
    </div>
    <dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    <${StageTable} caption="Latest answers here" figures=${stages} />
  </section>`;
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
