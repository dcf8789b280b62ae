/** The version, written in by the build. */
declare const FIX_SANS_VERSION: string | undefined;

export const version: string = typeof FIX_SANS_VERSION === 'string' ? FIX_SANS_VERSION : '0.0.0-source';
