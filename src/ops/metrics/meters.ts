import type { Registry } from 'prom-client';
import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Histogram from 'prom-client/lib/histogram.js';

export type Total<Label extends string> = {
  readonly labels: Partial<Record<Label, string>>;
  readonly total: number;
};

export type Value<Label extends string> = {
  readonly labels: Partial<Record<Label, string>>;
  readonly value: number;
};

/** Makes the counters and histograms of one registry; each name gets the prefix `parley_`. */
export class Meters {
  readonly registry: Registry;

  constructor(registry: Registry) {
    this.registry = registry;
  }

  /** `what` is named `parley_what_total`. */
  counter<Label extends string = never>(
    what: string,
    help: string,
    labelNames: Label[] = [],
  ): Counter<Label> {
    return new Counter({
      name: `parley_${what}_total`,
      help,
      labelNames,
      registers: [this.registry],
    });
  }

  /** Like `counter`; `read` gives all values at each look, and never less than before. */
  total<Label extends string = never>(
    what: string,
    help: string,
    labelNames: Label[],
    read: () => readonly Total<Label>[],
  ): void {
    new Counter({
      name: `parley_${what}_total`,
      help,
      labelNames,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { labels, total } of read()) this.inc(labels, total);
      },
    });
  }

  /** `what` is named `parley_what_seconds`. */
  seconds<Label extends string = never>(
    what: string,
    help: string,
    buckets: number[],
    labelNames: Label[] = [],
  ): Histogram<Label> {
    const name = `parley_${what}_seconds`;
    return new Histogram({ name, help, buckets, labelNames, registers: [this.registry] });
  }

  /** Like `gauge`; `read` gives every value there is. */
  labelledGauge<Label extends string>(
    what: string,
    help: string,
    labelNames: Label[],
    read: () => readonly Value<Label>[],
  ): void {
    new Gauge({
      name: `parley_${what}`,
      help,
      labelNames,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { labels, value } of read()) this.set(labels, value);
      },
    });
  }

  /** `read` is called at each look; undefined: there is no value. */
  gauge(what: string, help: string, read: () => number | undefined): void {
    new Gauge({
      name: `parley_${what}`,
      help,
      registers: [this.registry],
      collect() {
        const value = read();
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }
}
