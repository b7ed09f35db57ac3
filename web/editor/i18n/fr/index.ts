import app from "./app.json";
import canvas from "./canvas.json";
import run from "./run.json";

export default { app, canvas, run };
