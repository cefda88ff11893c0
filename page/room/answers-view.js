/** @import { PageState } from './room-actions.js' */
/** @import { Answered, Said, Unanswered } from './room-state.js' */
import { html } from './html.js';
import { waterfall } from './waterfall.js';

const rowHeight = 18;
/** Widths of the drawing: names, bars, numbers. */
const [nameWidth, barWidth, numberWidth] = [92, 180, 68];

/**
 * Words and answer times of each person, the latest first.
 * @param {PageState} page
 */
export function answersView({ room }) {
  return html`<section class="answers" aria-labelledby="answers">
    <h2 id="answers">Said and answered</h2>
    ${room.engines.length > 0 && html`<details><summary>Engines</summary>${room.engines.map((line) => html`<p>${line}</p>`)}</details>`}
    ${room.events.length === 0 && html`<p>Nothing yet: join, turn the microphone on, and ask something.</p>`}
    <div role="log" aria-label="Said and answered">${room.events.toReversed().map(eventView)}</div>
  </section>`;
}

/** @param {Said | Answered | Unanswered} event */
function eventView(event) {
  if (event.kind === 'said') return html`<p><b>${event.who}:</b> ${event.text}</p>`;
  if (event.kind === 'answered') return answeredView(event);
  return html`<p><b>${event.who}</b> ${event.kind === 'ignored' ? 'was not answered' : 'gets no answer'}: ${event.why}</p>`;
}

/** @param {Answered} answered */
function answeredView({ who, text, heardText, finish, instants, firstHeardAtMs }) {
  const { totalMs, stages } = waterfall(instants, firstHeardAtMs);
  const height = stages.length * rowHeight;
  const words = stages.map(({ name, afterMs }) => `${name} ${afterMs} ms`).join(', ');
  return html`<article>
    <header>Answer to <b>${who}</b> <small>${finish}, ${totalMs} ms</small></header>
    <p>${heardText || text}</p>
    <svg role="img" aria-label=${words} viewBox=${`0 0 ${nameWidth + barWidth + numberWidth} ${height}`}>
      ${stages.map(({ name, afterMs, from, to }, n) => {
        const middle = n * rowHeight + rowHeight / 2;
        return html`<text x="0" y=${middle}>${name}</text>
          <rect x=${nameWidth + from * barWidth} y=${n * rowHeight + 4} width=${Math.max(2, (to - from) * barWidth)}
            height=${rowHeight - 8} rx="2"/>
          <text x=${nameWidth + barWidth + numberWidth} y=${middle} class="number">${afterMs} ms</text>`;
      })}
    </svg>
  </article>`;
}
