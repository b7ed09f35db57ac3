// Colours that people give to nodes, groups and notes. They stand in documents, so they are values and no tokens;
// surfaces mix them with the colour of the theme.
export const SWATCHES: readonly string[] = [
  "#c4504a",
  "#cf7f3a",
  "#c9a43a",
  "#5f9e54",
  "#3c9a96",
  "#4a80c9",
  "#8161c4",
  "#b8549b",
  "#85807a",
];
