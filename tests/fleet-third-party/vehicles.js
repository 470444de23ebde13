// Vehicles that are not ours: vda-5050-lib's virtual vehicle by VDA 5050 2.0.0, some of them in one process.
//   node vehicles.js BROKER-URL ROADS.json FIRST N MEMORY-FOLDER
// It moves in leaps (timeLapse) while its clock is the real one. Its pick and drop know pallets only: here they take containers. A real vehicle stands after a
// kill where it stood and carries what it carried: each remembers its last state before it says it.
"use strict";
const fs = require("fs");
const path = require("path");
const { AgvController, VirtualAgvAdapter } = require("vda-5050-lib");
const [broker, file, first, count, folder] = process.argv.slice(2);
const roads = JSON.parse(fs.readFileSync(file, "utf8"));
const node = new Map(roads.nodes.map((n) => [n.id, Object.assign(n, { x_mm: n.x_mm || 0, y_mm: n.y_mm || 0 })])); // zero is left out

class Carrier extends VirtualAgvAdapter {
  get name() {
    return "Carrier";
  }
  get actionDefinitions() {
    return super.actionDefinitions.map((d) =>
      d.actionType === "pick" || d.actionType === "drop"
        ? { ...d, actionParameterConstraints: { stationType: (v) => v === "crane", loadType: (v) => v === "container" } }
        : d,
    );
  }
  // The standard's schema has allowedDeviationXY, the library reads allowedDeviationXy.
  isNodeWithinDeviationRange(n) {
    const p = n.nodePosition;
    return super.isNodeWithinDeviationRange(p ? { ...n, nodePosition: { ...p, allowedDeviationXy: p.allowedDeviationXY } } : n);
  }
  attach(context) {
    super.attach({
      attached: (s) => {
        this._vehicleState.currentLoad = this.options.load;
        context.attached({ ...s, loads: this.options.load ? [this.options.load] : [] });
      },
    });
  }
}
class Remembering extends AgvController {
  _publishCurrentState() {
    const s = this._currentState;
    if (s.agvPosition && s.lastNodeId !== undefined) {
      const p = { ...s.agvPosition, lastNodeId: s.lastNodeId };
      const text = JSON.stringify({ position: p, charge: s.batteryState.batteryCharge, load: (s.loads || [])[0] });
      fs.writeFileSync(this.memory + ".new", text);
      fs.renameSync(this.memory + ".new", this.memory);
    }
    return super._publishCurrentState();
  }
}
function heading(n) {
  const to = node.get(roads.edges.find((e) => e.from === n.id).to);
  return Math.atan2(to.y_mm - n.y_mm, to.x_mm - n.x_mm);
}

async function main() {
  const places = roads.nodes.filter((n) => n.spot === "park").concat(roads.nodes.filter((n) => n.spot === "charger"));
  const controllers = [];
  const charged = new Set();
  setInterval(() => {
    controllers.forEach((c, i) => {
      if (!c.currentState.batteryState.charging || charged.has(i)) return;
      charged.add(i);
      console.log(JSON.stringify({ event: "charged", vehicle: c.agvId.serialNumber }));
    });
  }, 200);
  for (let i = Number(first); i < Number(first) + Number(count); i++) {
    const n = places[i];
    const memory = path.join(folder, `agv-${i + 1}.json`);
    const was = fs.existsSync(memory)
      ? JSON.parse(fs.readFileSync(memory, "utf8"))
      : { position: { mapId: roads.id, x: n.x_mm / 1000, y: n.y_mm / 1000, theta: heading(n), lastNodeId: n.id }, charge: i % 5 === 4 ? 35 : 80 };
    const controller = new Remembering(
      { manufacturer: "other", serialNumber: `agv-${i + 1}` },
      { interfaceName: "uagv", transport: { brokerUrl: broker, reconnectPeriod: 200 }, vdaVersion: "2.0.0" },
      { agvAdapterType: Carrier, publishStateInterval: 1000 },
      {
        initialPosition: { positionInitialized: true, ...was.position },
        vehicleSpeed: 6,
        initialBatteryCharge: was.charge, // every fifth goes to a charger first
        fullBatteryChargeTime: 1,
        agvNormalDeviationXyTolerance: 2,
        tickRate: 25,
        timeLapse: 20,
        load: was.load,
      },
    );
    controller.memory = memory;
    await controller.start();
    controllers.push(controller);
  }
  console.log(JSON.stringify({ event: "ready" }));
}
main().catch((e) => {
  console.error(e);
  process.exit(1);
});
