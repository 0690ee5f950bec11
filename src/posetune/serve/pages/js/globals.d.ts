export {};

declare global {
  interface Window {
    /** For scripts and tests: what the page shows. */
    posetune: { state: Record<string, any>; stage?: any; view3d?: any; correcting?: any };
  }
}
