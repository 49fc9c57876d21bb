import type { Architecture } from '../base/host.ts';

/**
 * Dollars for one gigabyte of memory during one second of a run, first tier, us-east-1; other regions differ by up to a
 * third. Source: https://aws.amazon.com/lambda/pricing/, state of November 2026.
 */
export const gigabyteSecond: Readonly<Record<Architecture, number>> = { x86_64: 0.000_016_666_7, arm64: 0.000_013_333_4 };

/** Dollars for one gigabyte of provisioned concurrency kept ready for one second, and the seconds of a month of 30 days. Source: as above. */
export const provisionedGigabyteSecond: Readonly<Record<Architecture, number>> = { x86_64: 0.000_004_166_7, arm64: 0.000_003_333_4 };
export const secondsOfMonth: number = 30 * 24 * 3600;
