/** The types of what the pages use are any: the vendored file itself is not checked. */
declare const uPlot: any;
export default uPlot;
