import { Component } from '/vendor/preact.js';
import UPlot from '/vendor/uplot.js';
import { html } from './html.js';

/** Height in pixels. */
const height = 220;
/** Time shown, in s: the last 12 hours. */
const shownS = 12 * 3_600;

/** p50 and p95 of one stage over the last hours. */
export class StagePlot extends Component {
  /** @type {UPlot | undefined} */
  #plot;
  /** @type {HTMLElement | null} */
  #place = null;
  /** @type {ResizeObserver | undefined} */
  #observer;

  /** @override */
  componentDidMount() {
    const place = this.#place;
    if (!place) return;
    const { color } = getComputedStyle(place);
    const axis = {
      stroke: color,
      grid: { stroke: `color-mix(in srgb, ${color} 15%, transparent)` },
    };
    const series = [
      {},
      { label: 'p50, ms', stroke: '#3f7fe0', width: 2 },
      { label: 'p95, ms', stroke: '#d9772b', width: 2 },
    ];
    this.#plot = new UPlot(
      {
        width: place.clientWidth,
        height,
        axes: [axis, axis],
        series,
        scales: { x: { range: lastHours } },
      },
      this.#data(),
      place,
    );
    this.#observer = new ResizeObserver(() =>
      this.#plot?.setSize({ width: place.clientWidth, height }),
    );
    this.#observer.observe(place);
  }

  /** @override */
  componentDidUpdate() {
    this.#plot?.setData(this.#data());
  }

  /** @override */
  componentWillUnmount() {
    this.#observer?.disconnect();
    this.#plot?.destroy();
  }

  /** @override */
  render() {
    /** @param {HTMLElement | null} element */
    const keep = (element) => {
      this.#place = element;
    };
    return html`<div class="owner-plot" role="img" aria-label="p50 and p95 over the last 12 hours; the table above has the latest" ref=${keep}></div>`;
  }

  /** @returns {[number[], (number | null)[], (number | null)[]]} */
  #data() {
    const { periods, stage } =
      /** @type {{ periods: import('./snapshot.js').Period[], stage: import('./snapshot.js').StageKey }} */ (
        this.props
      );
    return [
      periods.map(({ startWallMs }) => startWallMs / 1_000),
      periods.map(({ stages }) => stages[stage]?.p50Ms ?? null),
      periods.map(({ stages }) => stages[stage]?.p95Ms ?? null),
    ];
  }
}

/** @returns {[number, number]} */
function lastHours() {
  const nowS = Date.now() / 1_000;
  return [nowS - shownS, nowS];
}
