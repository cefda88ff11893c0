import { Component } from '/vendor/preact.js';
import { money, spendingTotal } from './figures.js';
import { html } from './html.js';

/** Interval, in ms, between two reads: sums of days change slowly. */
const readEveryMs = 60_000;
/** Width of the chart in its own units: each day has ten of them. */
const dayWidth = 10;
const chartHeight = 100;

/**
 * Spending of one server, or of all that the viewer may see, over 90 days: a chart, a table, and the same as CSV.
 * @typedef {{ guildId?: string, onServers?: (servers: import('./snapshot.js').SpentServer[]) => void }} Props
 */
export class SpendingView extends Component {
  /** @type {import('./snapshot.js').Day[] | undefined} */
  #days;
  #trouble = '';
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @override */
  componentDidMount() {
    void this.#read();
    this.#timer = setInterval(
      () => document.visibilityState === 'visible' && void this.#read(),
      readEveryMs,
    );
  }

  /** @override */
  componentWillUnmount() {
    clearInterval(this.#timer);
  }

  /**
   * Drawn anew only with new sums: snapshots have none.
   * @override
   */
  shouldComponentUpdate() {
    return false;
  }

  /** @override */
  render() {
    const days = this.#days;
    if (!days) return html`<p class="owner-quiet">${this.#trouble || 'Reading the sums.'}</p>`;
    const { guildId } = /** @type {Props} */ (this.props);
    const spent = days.filter(({ answers, minutes, usd }) => usd > 0 || minutes > 0 || answers > 0);
    const query = guildId === undefined ? '' : `?server=${guildId}`;
    return html`<p>${spendingTotal(days)}</p>
      ${this.#trouble && html`<p class="owner-quiet">${this.#trouble}</p>`}
      ${spent.length > 0 && chart(days)}
      <p class="owner-quiet">A day ends at midnight in the time zone of its server, as its budgets do. The limit of all servers ends at midnight UTC.</p>
      <div class="owner-spending-ways">
        ${spent.length > 0 && html`<details><summary>Days</summary>${table(spent)}</details>`}
        <a href=${`/page/spending.csv${query}`} download>Save as CSV</a>
      </div>`;
  }

  async #read() {
    const { guildId, onServers } = /** @type {Props} */ (this.props);
    const query = guildId === undefined ? '' : `?server=${guildId}`;
    const response = await fetch(`/page/spending${query}`).catch(() => undefined);
    if (response?.ok) {
      const { days, servers } = await response.json();
      this.#days = days;
      this.#trouble = '';
      onServers?.(servers);
    } else {
      this.#trouble = response ? (await response.json()).error.message : 'The bot does not answer.';
    }
    this.forceUpdate();
  }
}

/** @param {import('./snapshot.js').Day[]} days */
function chart(days) {
  const [value, words] = measureOf(days);
  const most = Math.max(...days.map(value));
  const top = days.find((day) => value(day) === most) ?? days[0];
  const bars = days.map((day, n) => {
    const height = (value(day) / most) * chartHeight;
    return html`<rect x=${n * dayWidth + 1} y=${chartHeight - height} width=${dayWidth - 2} height=${height}><title>${day.day}: ${words(day)}, ${day.answers} answers</title></rect>`;
  });
  const label = `Spending a day over ${days.length} days, at most ${words(top)} on ${top?.day}`;
  return html`<div class="owner-days">
    <p class="owner-quiet owner-days-top">${words(top)}</p>
    <svg role="img" aria-label=${label} viewBox=${`0 0 ${days.length * dayWidth} ${chartHeight}`} preserveAspectRatio="none">${bars}</svg>
    <p class="owner-quiet owner-days-ends"><span>${days[0]?.day}</span><span>${days.at(-1)?.day}</span></p>
  </div>`;
}

/**
 * Dollars where there are some, else minutes, else answers.
 * @param {import('./snapshot.js').Day[]} days
 * @returns {[(day: import('./snapshot.js').Day) => number, (day: import('./snapshot.js').Day | undefined) => string]}
 */
function measureOf(days) {
  if (days.some(({ usd }) => usd > 0)) return [({ usd }) => usd, (day) => money(day?.usd ?? 0, 0)];
  if (days.some(({ minutes }) => minutes > 0))
    return [({ minutes }) => minutes, (day) => `${(day?.minutes ?? 0).toFixed(1)} min`];
  return [({ answers }) => answers, (day) => `${day?.answers ?? 0} answers`];
}

/** @param {import('./snapshot.js').Day[]} days */
function table(days) {
  const rows = days
    .toReversed()
    .map(
      ({ answers, day, minutes, usd }) =>
        html`<tr><th scope="row">${day}</th><td>${money(usd, 0)}</td><td>${minutes.toFixed(1)} min</td><td>${answers.toLocaleString('en')}</td></tr>`,
    );
  return html`<div class="owner-scroll" tabindex="0" role="group" aria-label="Spending by day"><table class="owner-numbers">
    <caption>Days with spending, the latest first; minutes are those without a known price</caption>
    <thead><tr><th scope="col">Day</th><th scope="col">Spent</th><th scope="col">Unpriced</th><th scope="col">Answers</th></tr></thead>
    <tbody>${rows}</tbody>
  </table></div>`;
}
