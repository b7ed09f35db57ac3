// React Flow with the same nodes, as its documentation advises for large graphs: sizes are given, what is out of view is
// not rendered, and far nodes show their head only.
import {
  Handle,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useEdgesState,
  useNodesState,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import { memo, useEffect } from "react";
import { createRoot } from "react-dom/client";
import "@xyflow/react/dist/style.css";
import "./page.css";

const SIZE = { width: 252, height: 262 };
const FAR_ZOOM = 0.4;
const INPUTS = ["MODEL", "LATENT", "IMAGE"];
const OUTPUTS = ["MODEL", "LATENT"];
const COLOURS = { MODEL: "#b39ddb", LATENT: "#ff9cf9", IMAGE: "#64b5f6" };
const top = (slot) => 44 + slot * 22;
const isFar = (state) => state.transform[2] < FAR_ZOOM;

const Values = memo(({ values }) => (
  <>
    {INPUTS.map((name, slot) => (
      <span key={name} className="in" style={{ top: top(slot) - 8 }}>
        {name.toLowerCase()}
      </span>
    ))}
    {OUTPUTS.map((name, slot) => (
      <span key={name} className="out" style={{ top: top(slot) - 8 }}>
        {name}
      </span>
    ))}
    <div className="fields">
      <label>
        steps <input className="nodrag" type="number" defaultValue={values.steps} />
      </label>
      <label>
        cfg <input className="nodrag" type="range" max="30" step="0.1" defaultValue={values.cfg} />
      </label>
      <label>
        sampler{" "}
        <select className="nodrag" defaultValue={values.sampler}>
          <option>euler</option>
          <option>dpmpp_2m</option>
          <option>ddim</option>
        </select>
      </label>
      <label>
        text <input className="nodrag" defaultValue={values.text} />
      </label>
    </div>
  </>
));

const Body = memo(({ data }) => {
  const far = useStore(isFar);
  return (
    <div className="body">
      <div className="head">Benchmark sampler</div>
      {!far && <Values values={data} />}
      {INPUTS.map((name, slot) => (
        <Handle
          key={name}
          id={`in${slot}`}
          type="target"
          position={Position.Left}
          style={{ top: top(slot), background: COLOURS[name] }}
        />
      ))}
      {OUTPUTS.map((name, slot) => (
        <Handle
          key={name}
          id={`out${slot}`}
          type="source"
          position={Position.Right}
          style={{ top: top(slot), background: COLOURS[name] }}
        />
      ))}
    </div>
  );
});
const nodeTypes = { body: Body };

function App() {
  const [nodes, setNodes, onNodesChange] = useNodesState([]);
  const [edges, setEdges, onEdgesChange] = useEdgesState([]);
  const flow = useReactFlow();
  useEffect(() => {
    window.bench = {
      isReady: () => true,
      async load(grid) {
        const began = performance.now();
        setNodes(
          grid.nodes.map(({ id, place: [x, y], values }) => ({
            id: String(id),
            type: "body",
            position: { x, y },
            data: values,
            ...SIZE,
          })),
        );
        setEdges(
          grid.links.map(([from, out, to, into, type]) => ({
            id: `${to} ${into}`,
            source: String(from),
            sourceHandle: `out${out}`,
            target: String(to),
            targetHandle: `in${into}`,
            style: { stroke: COLOURS[type], strokeWidth: 2 },
          })),
        );
        requestAnimationFrame(() => flow.fitView());
        return benchSettled(began);
      },
      showAll: () => flow.fitView({ padding: 0.03 }),
      showClose() {
        const { x, y, width, height } = flow.getNodesBounds(flow.getNodes());
        flow.setCenter(x + width / 2, y + height / 2, { zoom: 1 });
      },
      head(left, top) {
        const { x, y } = flow.flowToScreenPosition({ x: left + 70, y: top + 12 });
        return [x, y];
      },
      selectAll: () => setNodes((all) => all.map((each) => ({ ...each, selected: true }))),
    };
  }, [flow, setNodes, setEdges]);
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      onNodesChange={onNodesChange}
      onEdgesChange={onEdgesChange}
      minZoom={0.02}
      maxZoom={4}
      panOnDrag={[0, 1]}
      onlyRenderVisibleElements
      elevateNodesOnSelect={false}
      colorMode="dark"
    />
  );
}

createRoot(document.getElementById("root")).render(
  <ReactFlowProvider>
    <App />
  </ReactFlowProvider>,
);
