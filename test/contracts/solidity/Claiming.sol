// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDoubleCount} from "../../../contracts/interfaces/IDoubleCount.sol";
import {IIssuance} from "../../../contracts/interfaces/IIssuance.sol";
import {SumTree} from "../../../contracts/libraries/SumTree.sol";
import {ParameterKeys, RequestState, Roles} from "../../../contracts/types/Codes.sol";
import {AssetKey, InstitutionId, MethodologyId} from "../../../contracts/types/Ids.sol";
import {ProgrammeId, RequestId, SourceId} from "../../../contracts/types/Ids.sol";
import {ActivityTrees} from "./ActivityTrees.sol";
import {Registry} from "./Registry.sol";

/// @dev Requests of four sources in two programmes whose activities come from so small a set that
/// most are claimed more than once, and what can truly be proved of them, said without asking the
/// contract that decides it.
abstract contract Claiming is Registry {
    using ActivityTrees for ActivityTrees.Tree;

    enum Forgery {
        NONE,
        ORDER,
        SUM
    }

    struct Made {
        RequestId id;
        uint256 place;
        Forgery forgery;
        IIssuance.Proposal proposal;
        SumTree.Leaf[] leaves;
    }

    /// @dev A leaf of a request, both by their numbers here, and the leaf that carries its grams.
    struct Spot {
        uint256 request;
        uint256 leaf;
        uint256 carrier;
        bytes32 fingerprint;
    }

    uint64 internal constant CAP = 1_000_000;
    uint256 internal constant PLACES = 4;
    uint256 internal constant DAYS = 6;
    uint256 internal constant ACTIVITIES = 4;
    uint256 internal constant MOST_LEAVES = 5;
    uint128 internal constant MOST_DEDUCTED = 4;
    ProgrammeId internal constant OTHER = ProgrammeId.wrap(2);
    address internal constant OTHER_AUTHORITY = address(0xB1);
    address internal constant OUTSIDER = address(0xBAD);

    Made[] internal _made;
    SourceId[] private _sources;

    constructor() {
        programmes.createProgramme(
            OTHER,
            ProgrammeId.wrap(0),
            2,
            OTHER_AUTHORITY,
            InstitutionId.wrap("other authority"),
            0
        );
        VM.prank(OTHER_AUTHORITY);
        programmes.grantRole(OTHER, Roles.OPERATOR, OPERATOR, 0, 0);
        VM.prank(OTHER_AUTHORITY);
        programmes.grantRole(OTHER, Roles.APPLICANT, APPLICANT, 0, 0);
        _decide(OTHER, ParameterKeys.NOTICE_SECONDS, 0);
        _decide(OTHER, ParameterKeys.REVIEW_COUNT, 0);
        _decide(OTHER, ParameterKeys.ISSUE_GRANULARITY_GRAMS, 1);
        _decide(OTHER, ParameterKeys.ISSUE_CARRY, 1);
        _decide(OTHER, ParameterKeys.DUPLICATES_FELL, MOST_DEDUCTED);
        for (uint256 place = 0; place < PLACES; ++place) {
            _decide(_programmeAt(place), ParameterKeys.DEMAND_SECONDS, 1 hours);
            _decide(_programmeAt(place), ParameterKeys.REMEDY_SECONDS, 1 hours);
            _sources.push(_register(place));
        }
    }

    /// @dev Proposes what the seed makes of a day of a source; fails while that day is booked.
    function _proposeAt(uint256 place, uint256 day, uint256 seed) internal returns (bool) {
        Made storage made = _made.push();
        made.place = place % PLACES;
        _fill(made, FIRST_DAY + (day % DAYS), seed);
        _forge(made, seed >> 128);
        SumTree.Node memory root = _treeOf(made).root();
        IIssuance.Proposal storage proposal = made.proposal;
        proposal.sourceId = _sources[made.place];
        proposal.firstDay = uint32(FIRST_DAY + (day % DAYS));
        proposal.endDay = proposal.firstDay + 1;
        (proposal.root, proposal.totalMilligrams) = (root.hash, root.sum);
        proposal.count = uint64(made.leaves.length);
        proposal.depth = SumTree.depthOf(proposal.count);
        proposal.hashSuite = 1;
        VM.prank(APPLICANT);
        try issuance.propose(proposal) returns (RequestId id) {
            made.id = id;
            return true;
        } catch {
            _made.pop();
            return false;
        }
    }

    /// @dev Ascending activities of the day, some of them with a second entry, some twice. One in
    /// four trees has a leaf above the cap, one in four a leaf of the day behind.
    function _fill(Made storage made, uint256 day, uint256 seed) private {
        uint256 count = 1 + (seed % MOST_LEAVES);
        uint256 activity = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            if (i > 0 && word % 4 != 0 && activity + 1 < ACTIVITIES) ++activity;
            SumTree.Leaf memory leaf = SumTree.Leaf({
                fingerprint: bytes32((day << 224) | activity),
                milligrams: uint64(2_000 + (word % 5_000)),
                beneficiary: keccak256(abi.encode(seed, i, "whose")),
                evidence: keccak256(abi.encode(seed, i, "what"))
            });
            if (i > 0 && (word >> 16) % 4 == 0) {
                SumTree.Leaf memory before = made.leaves[i - 1];
                (leaf.milligrams, leaf.beneficiary) = (0, before.beneficiary);
                leaf.evidence = before.evidence;
            }
            made.leaves.push(leaf);
        }
        if ((seed >> 8) % 4 == 0 && count > 1) made.leaves[0].milligrams = CAP + 1;
        SumTree.Leaf storage last = made.leaves[count - 1];
        if ((seed >> 8) % 4 != 1 || last.milligrams == 0) return;
        last.fingerprint = bytes32(((day + 1) << 224) | activity);
    }

    function _forge(Made storage made, uint256 seed) private {
        uint256 count = made.leaves.length;
        if (seed % 5 == 0) made.forgery = Forgery.SUM;
        if (seed % 5 != 1 || count == 1) return;
        (SumTree.Leaf memory a, SumTree.Leaf memory b) = (made.leaves[0], made.leaves[1]);
        if (a.fingerprint == b.fingerprint) return;
        (made.leaves[0], made.leaves[1]) = (b, a);
        made.forgery = Forgery.ORDER;
    }

    function _treeOf(Made storage made) internal view returns (ActivityTrees.Tree memory tree) {
        tree = ActivityTrees.build(made.leaves);
        if (made.forgery != Forgery.SUM) return tree;
        uint256 last = made.leaves.length - 1;
        tree.restate(0, last, made.leaves[last].milligrams + 1_000);
    }

    /// @dev Live, and not owed as a whole.
    function _isLive(Made storage made) internal view returns (bool) {
        uint8 state = issuance.requestOf(made.id).state;
        if (state != RequestState.ISSUED) return _isUndecided(state);
        (IDoubleCount.Debt memory debt, , ) = doubleCount.debtOf(made.id);
        return !debt.whole;
    }

    function _isUndecided(uint8 state) internal pure returns (bool) {
        return state == RequestState.PROPOSED || state == RequestState.FILED;
    }

    /// @dev A leaf whose stated milligrams are not its own has no proof.
    function _isShown(Made storage made, uint256 leaf) internal view returns (bool) {
        return made.forgery != Forgery.SUM || leaf + 1 != made.leaves.length;
    }

    function _isDeducted(Made storage made, uint256 leaf) internal view returns (bool) {
        return doubleCount.deductionOf(made.id, uint64(leaf)).fault != 0;
    }

    function _spotOf(uint256 request, uint256 leaf) internal view returns (Spot memory) {
        SumTree.Leaf[] storage leaves = _made[request].leaves;
        uint256 carrier = leaf;
        for (uint256 i = 0; leaves[leaf].milligrams == 0 && i < leaves.length; ++i) {
            if (leaves[i].milligrams == 0) continue;
            if (leaves[i].beneficiary == leaves[leaf].beneficiary) carrier = i;
        }
        return Spot(request, leaf, carrier, leaves[leaf].fingerprint);
    }

    /// @dev Whether a leaf claims its activity now: live, provable, not deducted.
    function _stands(Spot memory spot) internal view returns (bool) {
        Made storage made = _made[spot.request];
        // A second entry of no first one claims nothing.
        if (made.leaves[spot.carrier].milligrams == 0 || !_isLive(made)) return false;
        if (!_isShown(made, spot.leaf) || !_isShown(made, spot.carrier)) return false;
        return !_isDeducted(made, spot.leaf) && !_isDeducted(made, spot.carrier);
    }

    /// @dev Of two leaves that stand, whether the second is a duplicate of the first.
    function _isDuplicate(Spot memory earlier, Spot memory later) internal pure returns (bool) {
        if (earlier.fingerprint != later.fingerprint || earlier.request > later.request) {
            return false;
        }
        if (earlier.request != later.request) return true;
        return earlier.leaf < later.leaf && earlier.carrier != later.carrier;
    }

    function _isOutside(Made storage made, uint256 leaf) internal view returns (bool) {
        uint32 day = uint32(bytes4(made.leaves[leaf].fingerprint));
        uint32 tolerance = made.leaves[leaf].milligrams == 0 ? 1 : 0;
        return day > made.proposal.firstDay + tolerance;
    }

    function _isAboveCap(Made storage made, uint256 leaf) internal view returns (bool) {
        return made.leaves[leaf].milligrams > CAP;
    }

    function _claimAt(Spot memory spot) internal view returns (IDoubleCount.Claim memory) {
        Made storage made = _made[spot.request];
        ActivityTrees.Tree memory tree = _treeOf(made);
        return
            IDoubleCount.Claim({
                requestId: made.id,
                proposal: made.proposal,
                entry: tree.opening(spot.leaf),
                carrier: tree.opening(spot.carrier)
            });
    }

    function _programmeAt(uint256 place) internal pure returns (ProgrammeId) {
        return place % 2 == 0 ? PROGRAMME : OTHER;
    }

    function _authorityOf(ProgrammeId programme) internal pure returns (address) {
        return ProgrammeId.unwrap(programme) == 1 ? AUTHORITY : OTHER_AUTHORITY;
    }

    function _decide(ProgrammeId programme, bytes32 key, uint128 value) private {
        VM.prank(_authorityOf(programme));
        programmes.setParameter(programme, key, value, 0, 0);
    }

    function _register(uint256 place) private returns (SourceId) {
        ProgrammeId programme = _programmeAt(place);
        VM.prank(_authorityOf(programme));
        MethodologyId methodology = sources.registerMethodology(
            programme,
            bytes32(place + 1),
            CLASS,
            3,
            0,
            0,
            CAP,
            0
        );
        VM.prank(OPERATOR);
        AssetKey asset = AssetKey.wrap(bytes32(place + 1));
        return sources.registerSource(programme, methodology, asset, APPLICANT, OWNER, 0);
    }
}
