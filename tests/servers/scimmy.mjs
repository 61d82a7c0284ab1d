// An application with users, served over SCIM by SCIMMY. Arguments: the port; `--ignore-filter` makes one
// whose author has forgotten to look at the filter.
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [port, ...flags] = process.argv.slice(1);
const users = new Map();
let next = 1;

SCIMMY.Resources.declare(SCIMMY.Resources.User)
    .ingress(async (resource, data) => {
        const id = resource.id ?? `u${next++}`;
        if (resource.id && !users.has(id)) throw new SCIMMY.Types.Error(404, null, "no such user");
        const user = { ...JSON.parse(JSON.stringify(data)), id };
        users.set(id, user);
        return user;
    })
    .egress(async (resource) => {
        if (resource.id) {
            const user = users.get(resource.id);
            if (!user) throw new SCIMMY.Types.Error(404, null, "no such user");
            return user;
        }
        const all = [...users.values()];
        const looks = resource.filter && !flags.includes("--ignore-filter");
        return looks ? resource.filter.match(all) : all;
    })
    .degress(async (resource) => {
        if (!users.delete(resource.id)) throw new SCIMMY.Types.Error(404, null, "no such user");
    });

const app = express();
app.use("/scim", new SCIMMYRouters({
    type: "bearer",
    handler: (request) => {
        if (request.header("Authorization") !== "Bearer secret") throw new Error("who are you?");
        return "u0";
    },
}));
app.listen(Number(port), "127.0.0.1");
