import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Histogram from 'prom-client/lib/histogram.js';
import Registry from 'prom-client/lib/registry.js';

export type Values<Label extends string> =
  | number
  | undefined
  | readonly {
      readonly labels: Partial<Record<Label, string>>;
      readonly value: number;
    }[];

/** Each name gets the prefix `parley_`. */
export class Meters {
  readonly registry = new Registry();

  #describe<Label extends string>(what: string, help: string, labelNames: Label[]) {
    return { name: `parley_${what}`, help, labelNames, registers: [this.registry] };
  }

  /** Creates the counter `parley_NAME_total`. */
  addCounter<Label extends string = never>(
    what: string,
    help: string,
    labelNames: Label[] = [],
  ): Counter<Label> {
    return new Counter(this.#describe(`${what}_total`, help, labelNames));
  }

  /** Creates the counter `parley_NAME_total`. Values of `read` never fall. */
  addTotal<Label extends string = never>(
    what: string,
    help: string,
    read: () => Values<Label>,
    labelNames: Label[] = [],
  ) {
    new Counter({
      ...this.#describe(`${what}_total`, help, labelNames),
      collect() {
        this.reset();
        for (const { labels, value } of toLabelledValues(read()))
          this.inc(labels, value);
      },
    });
  }

  /** Creates the histogram `parley_NAME_seconds`. */
  addHistogram<Label extends string = never>(
    what: string,
    help: string,
    buckets: number[],
    labelNames: Label[] = [],
  ): Histogram<Label> {
    return new Histogram({
      ...this.#describe(`${what}_seconds`, help, labelNames),
      buckets,
    });
  }

  /** Creates the gauge `parley_NAME`. `read` is called at each look. */
  addGauge<Label extends string = never>(
    what: string,
    help: string,
    read: () => Values<Label>,
    labelNames: Label[] = [],
  ) {
    new Gauge({
      ...this.#describe(what, help, labelNames),
      collect() {
        const values = read();
        this.reset();
        if (values === undefined) this.remove();
        for (const { labels, value } of toLabelledValues(values))
          this.set(labels, value);
      },
    });
  }
}

function toLabelledValues<Label extends string>(values: Values<Label>) {
  return typeof values === 'number' ? [{ labels: {}, value: values }] : (values ?? []);
}
