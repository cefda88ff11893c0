/** Objects of features that commands, tools, programs and other features use. Each feature declares its own beside its `Feature`. */
// biome-ignore lint/suspicious/noEmptyInterface: features declare its members
export interface FeaturePorts {}
