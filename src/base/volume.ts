export const maxVolumePercent = 200;
