import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Histogram from 'prom-client/lib/histogram.js';
import Registry from 'prom-client/lib/registry.js';

/** A number, or a number for each set of labels. Undefined shows no number. */
export type Values<Label extends string> =
  | number
  | undefined
  | readonly {
      readonly labels: Partial<Record<Label, string>>;
      readonly value: number;
    }[];

/** Creates counters, gauges and histograms of one process. Each name gets the prefix `parley_`, but those of Prometheus. */
export class Meters {
  /** Registry of prom-client, which renders all metrics. */
  readonly registry: Registry = new Registry();

  /** Creates a counter. Its name gets the ending `_total`. */
  addCounter<Label extends string = never>(
    name: string,
    help: string,
    labelNames: Label[] = [],
  ): Counter<Label> {
    return new Counter(this.#describe(`${name}_total`, help, labelNames));
  }

  /** Creates a counter whose total `read` gives at each look. It must never fall. */
  addTotal<Label extends string = never>(
    name: string,
    help: string,
    read: () => Values<Label>,
    labelNames: Label[] = [],
  ): void {
    new Counter({
      ...this.#describe(`${name}_total`, help, labelNames),
      collect() {
        this.reset();
        for (const { labels, value } of toLabelledValues(read()))
          this.inc(labels, value);
      },
    });
  }

  /** Creates a histogram of times. Its name gets the ending `_seconds`. */
  addHistogram<Label extends string = never>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: Label[] = [],
  ): Histogram<Label> {
    return new Histogram({
      ...this.#describe(`${name}_seconds`, help, labelNames),
      buckets,
    });
  }

  /** Creates a gauge. `read` is called at each look. */
  addGauge<Label extends string = never>(
    name: string,
    help: string,
    read: () => Values<Label>,
    labelNames: Label[] = [],
  ): void {
    new Gauge({
      ...this.#describe(name, help, labelNames),
      collect() {
        const values = read();
        this.reset();
        if (values === undefined) this.remove();
        for (const { labels, value } of toLabelledValues(values))
          this.set(labels, value);
      },
    });
  }

  #describe<Label extends string>(name: string, help: string, labelNames: Label[]) {
    // Stock dashboards find a process by the names that all clients of Prometheus give it:
    // https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
    const wholeName = name.startsWith('process_') ? name : `parley_${name}`;
    return { name: wholeName, help, labelNames, registers: [this.registry] };
  }
}

function toLabelledValues<Label extends string>(values: Values<Label>) {
  return typeof values === 'number' ? [{ labels: {}, value: values }] : (values ?? []);
}
